"""Writes the files beside it: python3 make.py, with NumPy 1.24.2."""
import numpy as np

a = np.arange(12).reshape(3, 4)
np.save("float32.npy", (a / 8).astype(np.float32))
np.save("float64-fortran.npy", np.asfortranarray(a / 8))
np.save("int16-big-endian.npy", (a - 5).astype(">i2"))
np.savez_compressed("both.npz", images=a.astype(np.uint8), labels=np.array([2, 0, 1], np.int64))
