"""The tools that the engine itself runs: the code interpreter, and what models are told of them."""
