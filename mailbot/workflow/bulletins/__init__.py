"""The 通报 of every kind and 《普刊》: drafted, worded, approved as one exact file, circulated, corrected.

And the tables that the section takes out.
"""
