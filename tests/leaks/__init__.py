"""What a whole run of the tests left where others can read it, searched for what is nobody's to read there.

While tests run, `plugin` and `servers` collect what was logged, stored, counted and asked for, and what people are
called, what they typed, and every link and key that was made. At the end of the run the one is searched for the other.
"""
