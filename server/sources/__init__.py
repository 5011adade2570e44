"""Packages of a course from Git repositories.

git          reads one branch of a repository, in a process of its own that has no secrets but the deploy key
models       sources, and what became of each package of the last commit
services     add, change and remove a source; ask for a fetch
fetching     one fetch: from the question to the packages
taking       what was fetched becomes versions, which are verified and published
pushes       what GitHub, GitLab and Gitea say about a push, with their signatures
"""
