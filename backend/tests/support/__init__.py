"""What tests share that is not a fixture, and the programs that they start."""
