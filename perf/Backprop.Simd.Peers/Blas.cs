using System.Runtime.InteropServices;

namespace Backprop.Simd.Peers;

/// <summary>Row-major C = op(A) op(B) + beta C on one thread of a native library.</summary>
internal abstract unsafe class Blas(string name)
{
    /// <summary>Variables by which a machine holds OpenBLAS to the kernels of an older CPU, at half the speed where the vectors are twice as wide. A peer runs as fast as it can; that it is right is checked for each product.</summary>
    public static readonly string[] HeldBack = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"];

    public string Name { get; } = name;

    /// <summary>Those that are installed; what is missing is said once.</summary>
    public static List<Blas> Installed(string? libtorch)
    {
        var found = new List<Blas>();
        Try("OpenBLAS", "libopenblas.so.0", library => new OpenBlas(library));
        Try("oneDNN", "libdnnl.so.2", library => new OneDnn(library));
        if (libtorch is null)
            Console.WriteLine("MKL: missing (libtorch_cpu.so is not there)");
        else
            Try("MKL", libtorch, library => new Mkl(library));
        return found;

        void Try(string name, string path, Func<nint, Blas> make)
        {
            if (!NativeLibrary.TryLoad(path, out nint library))
            {
                Console.WriteLine($"{name}: missing ({Path.GetFileName(path)} cannot be loaded)");
                return;
            }

            try
            {
                found.Add(make(library));
            }
            catch (EntryPointNotFoundException e)
            {
                Console.WriteLine($"{name}: missing ({e.Message})");
            }
        }
    }

    public abstract void Multiply(bool transA, bool transB, int m, int n, int k, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc);

    private sealed class OpenBlas : Blas
    {
        private readonly delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void> _sgemm;

        public OpenBlas(nint library)
            : base("OpenBLAS")
        {
            _sgemm = (delegate* unmanaged<int, int, int, int, int, int, float, float*, int, float*, int, float, float*, int, void>)NativeLibrary.GetExport(library, "cblas_sgemm");
            ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(library, "openblas_set_num_threads"))(1);
            Console.WriteLine($"OpenBLAS: kernels for {Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "openblas_get_corename"))())}");
        }

        public override void Multiply(bool transA, bool transB, int m, int n, int k, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc) =>
            _sgemm(101, transA ? 112 : 111, transB ? 112 : 111, m, n, k, 1f, a, lda, b, ldb, beta, c, ldc);
    }

    private sealed class OneDnn(nint library) : Blas("oneDNN")
    {
        private readonly delegate* unmanaged<byte, byte, long, long, long, float, float*, long, float*, long, float, float*, long, int> _sgemm =
            (delegate* unmanaged<byte, byte, long, long, long, float, float*, long, float*, long, float, float*, long, int>)NativeLibrary.GetExport(library, "dnnl_sgemm");

        public override void Multiply(bool transA, bool transB, int m, int n, int k, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc) =>
            _ = _sgemm((byte)(transA ? 'T' : 'N'), (byte)(transB ? 'T' : 'N'), m, n, k, 1f, a, lda, b, ldb, beta, c, ldc);
    }

    /// <summary>Fortran's interface is column-major: C^T = op(B)^T op(A)^T.</summary>
    private sealed class Mkl(nint library) : Blas("MKL")
    {
        private readonly delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, float*, int*, float*, int*, float*, float*, int*, void> _sgemm =
            (delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, float*, int*, float*, int*, float*, float*, int*, void>)NativeLibrary.GetExport(library, "sgemm_");

        public override void Multiply(bool transA, bool transB, int m, int n, int k, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc)
        {
            byte left = (byte)(transB ? 'T' : 'N'), right = (byte)(transA ? 'T' : 'N');
            float one = 1f;
            _sgemm(&left, &right, &n, &m, &k, &one, b, &ldb, a, &lda, &beta, c, &ldc);
        }
    }
}
