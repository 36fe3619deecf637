"""All pictures of the documentation."""

from helpers.pictures import editors, scenes

SCENES = {**scenes.SCENES, **editors.SCENES}
"""Name of a picture in docs/pictures, without its suffix -> what makes it."""
