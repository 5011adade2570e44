"""Makes 32-bit system calls, which a filter for 64-bit ones could miss; a thread tries to survive the signal."""
import ctypes
import mmap
import threading
import time

def in_call():
    threading.Thread(target=time.sleep, args=(1000,)).start()
    code = b"\xb8\x67\x01\x00\x00\xbb\x02\x00\x00\x00\xb9\x01\x00\x00\x00\x31\xd2\xcd\x80\xc3"  # socket(2, 1, 0) by int 0x80
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    result = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    if result >= 0:
        print("ESCAPED: a socket by way of the 32-bit door", result)
