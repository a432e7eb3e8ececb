"""What is declared: ``module.yaml`` as typed objects that know their lines."""
