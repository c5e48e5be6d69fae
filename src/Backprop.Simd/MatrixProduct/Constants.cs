using System.Runtime.InteropServices;

namespace Backprop.Simd.Internal.MatrixProduct;

// Numbers as types: sizeof(N5) is 5. A kernel that gets its rows as a type argument is compiled without what they rule out, because the JIT folds sizeof
// while it reads the method. (A static abstract property would be folded too, but after the dead branches have used up the inliner's budget.)

[StructLayout(LayoutKind.Sequential, Size = 1)]
internal readonly struct N1;

[StructLayout(LayoutKind.Sequential, Size = 2)]
internal readonly struct N2;

[StructLayout(LayoutKind.Sequential, Size = 3)]
internal readonly struct N3;

[StructLayout(LayoutKind.Sequential, Size = 4)]
internal readonly struct N4;

[StructLayout(LayoutKind.Sequential, Size = 5)]
internal readonly struct N5;

[StructLayout(LayoutKind.Sequential, Size = 6)]
internal readonly struct N6;

[StructLayout(LayoutKind.Sequential, Size = 7)]
internal readonly struct N7;

[StructLayout(LayoutKind.Sequential, Size = 8)]
internal readonly struct N8;

[StructLayout(LayoutKind.Sequential, Size = 9)]
internal readonly struct N9;

[StructLayout(LayoutKind.Sequential, Size = 10)]
internal readonly struct N10;

[StructLayout(LayoutKind.Sequential, Size = 11)]
internal readonly struct N11;

[StructLayout(LayoutKind.Sequential, Size = 12)]
internal readonly struct N12;

[StructLayout(LayoutKind.Sequential, Size = 13)]
internal readonly struct N13;

[StructLayout(LayoutKind.Sequential, Size = 14)]
internal readonly struct N14;
