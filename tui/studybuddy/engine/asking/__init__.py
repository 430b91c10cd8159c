"""How a model is asked with tools, whether it can call them by itself or not."""
