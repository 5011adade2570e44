"""Personal data: what is stored about a person, and how it is exported, erased, made anonymous, and deleted in time.

registry    every table, what it holds about people, and what happens to it
accounts    whom a request is about: the accounts of one person
export      everything about a person as a ZIP file
erasure     erase a person, or make them anonymous
retention   delete what is older than the operator wants to keep
"""
