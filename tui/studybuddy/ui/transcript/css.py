"""How the transcript looks; every colour comes from the theme."""

CSS = """
Transcript {
    width: 1fr;
    height: 1fr;
    background: $background;
    color: $foreground;
    overflow-x: hidden;
    overflow-y: auto;
    scrollbar-gutter: stable;
    scrollbar-size-vertical: 1;
    scrollbar-background: $background;
    scrollbar-background-hover: $background;
    scrollbar-background-active: $background;
    scrollbar-color: $foreground 25%;
    scrollbar-color-hover: $foreground 40%;
    scrollbar-color-active: $primary;

    &:ansi {
        scrollbar-color: ansi_bright_black;
        scrollbar-color-hover: ansi_white;
    }
}
"""

PARTS_CSS = """
Transcript {
    & > .transcript--user { background: $boost; }
    & > .transcript--user-name { color: $text-primary; text-style: bold; background: $boost; }
    & > .transcript--user-bar { color: $primary; background: $boost; }
    & > .transcript--assistant-name { color: $text-accent; text-style: bold; }
    & > .transcript--assistant-bar { color: $text-accent; }
    & > .transcript--dim { color: $text-muted; }
    & > .transcript--cursor { color: $warning; }
    & > .transcript--selection { background: $screen-selection-background; }
    & > .transcript--note { color: $text-warning; }
    & > .transcript--error { color: $text-error; }

    & > .transcript--heading { color: $text-primary; text-style: bold; }
    & > .transcript--subheading { color: $text-secondary; text-style: bold; }
    & > .transcript--quote { color: $text-muted; text-style: italic; }
    & > .transcript--quote-bar { color: $secondary; }
    & > .transcript--marker { color: $text-accent; }
    & > .transcript--link { color: $text-primary; text-style: underline; }
    & > .transcript--citation { color: $text-accent; text-style: bold; }
    & > .transcript--maths { color: $text-primary; }
    & > .transcript--rule { color: $foreground 30%; }
    & > .transcript--table-header { text-style: bold; }
    & > .transcript--table-border { color: $foreground 30%; }

    & > .transcript--code-inline { color: $text-warning; background: $surface; }
    & > .transcript--code { background: $surface; }
    & > .transcript--code-label { color: $text-muted; background: $surface; }
    & > .transcript--code-comment { color: $text-muted; text-style: italic; background: $surface; }
    & > .transcript--code-keyword { color: $text-error; background: $surface; }
    & > .transcript--code-string { color: $text-success; background: $surface; }
    & > .transcript--code-number { color: $text-warning; background: $surface; }
    & > .transcript--code-name { color: $text-primary; background: $surface; }
    & > .transcript--code-builtin { color: $text-secondary; background: $surface; }
    & > .transcript--code-operator { color: $foreground 80%; background: $surface; }
    & > .transcript--code-added { color: $text-success; background: $surface; }
    & > .transcript--code-removed { color: $text-error; background: $surface; }

    /* Colours of the terminal cannot be mixed: what is paler elsewhere is dim there. */
    &:ansi {
        & > .transcript--dim { text-style: dim; }
        & > .transcript--rule { text-style: dim; }
        & > .transcript--table-border { text-style: dim; }
        & > .transcript--code-label { text-style: dim; }
        & > .transcript--code-comment { text-style: dim italic; }
    }
}
"""
"""How the parts of its lines look."""
