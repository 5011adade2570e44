"""What `make` runs: set-up, the tests' services and the demo.

    base        the few names everything here shares
    wheels      packages fetched by pip, hashes checked
    image       the sandbox image, built once per content

Modules that run before there is an environment use the standard library only.
"""
