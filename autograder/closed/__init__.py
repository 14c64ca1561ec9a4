"""Closed courses: a kit for students in which neither solutions nor references nor wrong versions are."""
