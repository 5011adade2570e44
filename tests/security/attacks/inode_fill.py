"""Makes empty files until no inode is left."""
def in_call():
    for number in range(2_000_000):
        try:
            open(f"f{number}", "w").close()
        except OSError:
            return
    print("ESCAPED: no limit to files")
