"""Which schedule each layer's kernel should have on a target: measured, kept, and looked up when compiling."""
