"""A program's logo, from the file that the program names."""

from pathlib import Path

from models.logo import MOST_BYTES, picture


def read_logo(name: str, folder: Path) -> str:
    """The picture as a `data:` URI. Raises ValueError when there is none inside of the folder, or none that is fit."""
    if "\0" in name:
        raise ValueError("must be the path of a file")
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise ValueError("must lie in the folder of the program's file, or below it")
        if not path.is_file():
            raise ValueError("there is no such file; the path begins at the folder of the program's file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"can't be read: {error.strerror}") from None
    except RuntimeError:  # a link that leads to itself
        raise ValueError("can't be read: its links lead round in a circle") from None
    return picture(content).uri
