"""What the engine serves: a module for each resource, each with its `routes`."""
