"""Requests for digits of a slant and a stroke thickness: rare ones and held-out ones, our answers and others'."""
