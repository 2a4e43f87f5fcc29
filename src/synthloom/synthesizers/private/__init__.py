"""The parts of synthesizers under differential privacy: budget, columns, graphical model, structure."""
