"""Reads the packages of one branch of a Git repository, whose owner we do not trust.

addresses   which repositories can be named
messages    what the process is asked, and what it answers
fetching    starts the process, with limits on time and size
__main__    the process
transports  https and ssh, to the address that was checked
packs       the objects of a pack
trees       the packages in the tree of a commit

Of a fetch, only objects in memory exist: no working copy, no hooks, no configuration, no submodules.
"""
