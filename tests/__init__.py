"""Small worlds with known answers, and what must hold in them."""
