"""Which file a code block is meant for."""

from __future__ import annotations

import pytest

from studybuddy.ui.code_names import file_name, info_of


@pytest.mark.parametrize(
    ("info", "code", "name"),
    [
        ("python", "x = 1", "code.py"),
        ("py", "x = 1", "code.py"),
        ("js", "x", "code.js"),
        ("tsx", "x", "code.tsx"),
        ("jsx", "x", "code.jsx"),
        ("R", "x <- 1", "code.R"),
        ("bash", "ls", "code.sh"),
        ("sql", "select", "code.sql"),
        ("c++", "int x;", "code.cpp"),
        ("latex", r"\frac", "code.tex"),
        ("dockerfile", "FROM x", "Dockerfile"),
        ("make", "all:", "Makefile"),
        ("", "x", "code.txt"),
        ("text", "x", "code.txt"),
        ("gobbledygook", "x", "code.txt"),
        ('python title="src/app.py"', "x", "app.py"),
        ("python filename='my app.py'", "x", "my app.py"),
        ("{.python file=app.py}", "x", "app.py"),
        ("python:src/app.py", "x", "app.py"),
        ("ts server.ts", "x", "server.ts"),
        ("app.py", "x", "app.py"),
        ("", "# main.py\nx = 1", "main.py"),
        ("python", "#!/usr/bin/env python\n# tools/run.py\nx = 1", "run.py"),
        ("rust", "// src/main.rs\nfn main() {}", "main.rs"),
        ("html", "<!-- index.html -->\n<p>", "index.html"),
        ("css", "/* style.css */\np {}", "style.css"),
        ("sql", "-- file: query.sql\nselect", "query.sql"),
        ("python", "# says hello\nx = 1", "code.py"),
        ("python", "# version 1.2\nx = 1", "code.py"),
        ("python", "x = 1  # main.py", "code.py"),
        ("python title=..", "x", "code.py"),
    ],
)
def test_a_name_comes_from_the_fence_the_first_comment_or_the_language(
    info: str, code: str, name: str
) -> None:
    assert file_name(info, code) == name


@pytest.mark.parametrize("name", ["../../etc/passwd.txt", r"C:\x\passwd.txt", "/etc/passwd.txt"])
def test_a_name_from_a_model_names_no_folder(name: str) -> None:
    assert file_name(f"title={name}", "") == "passwd.txt"


TEXT = """\
```python title="one.py"
one
```

- item

  ~~~js two.js
  two

    indented
  ~~~

> ```sql
> three
> ```

```py
one
```

````markdown
```
inner
```
````
"""


@pytest.mark.parametrize(
    ("code", "info"),
    [
        ("one", 'python title="one.py"'),
        ("two\n\n  indented", "js two.js"),
        ("three", "sql"),
        ("```\ninner\n```", "markdown"),
        ("elsewhere", ""),
        ("on", ""),
    ],
)
def test_what_stands_behind_a_fence_is_found_by_the_code(code: str, info: str) -> None:
    assert info_of(TEXT, code) == info
