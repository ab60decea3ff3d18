"""Estimators in scikit-learn's manner: autoencoders, generators and classifiers that are fitted to samples."""
