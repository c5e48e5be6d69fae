using Backprop.Simd.Cli.Reports;
using Backprop.Simd.Data;

namespace Backprop.Simd.Cli.Inspection;

/// <summary>IDX, npy and npz.</summary>
internal static class ArrayInspection
{
    private static readonly string[] s_headers = ["array", "type", "shape", .. NumberSummary.Headers];

    public static void Write(string path, Screen screen)
    {
        bool isNpy = FileKinds.Of(path) == FileKind.Npy;
        FileHeading.Write(screen, path, isNpy ? "npy" : "IDX");
        var labels = new LabelCounts();
        screen.Table(s_headers, [CanStream(path) ? Streamed(path, isNpy ? NpyReader.Open(path) : IdxReader.Open(path), labels) : Whole(Path.GetFileName(path), isNpy ? NpyReader.Read(path) : IdxReader.Read(path), labels)]);
        labels.Write(screen);
    }

    public static void WriteArchive(string path, Screen screen)
    {
        IReadOnlyList<string> names = NpzReader.Names(path);
        FileHeading.Write(screen, path, FormattableString.Invariant($"npz, {names.Count} arrays"));
        screen.Table(s_headers, [.. names.Select(name => Whole(name, NpzReader.Read(path, name), new LabelCounts()))]);
    }

    /// <summary>Whether the file need not be in memory: not compressed, in C order.</summary>
    private static bool CanStream(string path)
    {
        using var file = new StrictFile(path);
        return !file.IsCompressed && (FileKinds.Of(path) == FileKind.Idx || !NpyReader.ReadHeader(file).FortranOrder);
    }

    private static IReadOnlyList<Cell> Streamed(string path, StreamedArray array, LabelCounts labels)
    {
        using (array)
        {
            var summary = new NumberSummary();
            if (array.ItemSize > 0)
            {
                const int PartLength = 1 << 16;
                int rows = Math.Clamp(PartLength / array.ItemSize, 1, array.Count);
                float[] part = new float[rows * array.ItemSize];
                for (int row = 0; row < array.Count; row += rows)
                {
                    Span<float> values = part.AsSpan(0, Math.Min(rows, array.Count - row) * array.ItemSize);
                    array.Read(row, values);
                    summary.Add(values);
                    labels.Add(array.Shape.Count, values);
                }
            }

            return Row(Path.GetFileName(path), array.StoredType, array.Shape, summary);
        }
    }

    private static IReadOnlyList<Cell> Whole(string name, DataArray array, LabelCounts labels)
    {
        labels.Add(array.Shape.Count, array.Values);
        return Row(name, array.StoredType, array.Shape, NumberSummary.Of(array.Values));
    }

    private static IReadOnlyList<Cell> Row(string name, string type, IReadOnlyList<int> shape, NumberSummary summary) =>
        [FileHeading.OneLine(name), type, FileHeading.Sizes(shape), .. summary.Cells()];
}
