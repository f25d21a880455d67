"""Shapes: what only its neighbours tell. One module a shape, each a pure function on `Lines`."""
