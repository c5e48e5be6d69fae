using System.Runtime.CompilerServices;

// Nothing here reads a local that it has not written, and zeros would cost the smallest steps more than their arithmetic.
[module: SkipLocalsInit]
