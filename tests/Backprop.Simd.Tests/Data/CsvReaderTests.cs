using System.Globalization;
using System.Text;
using Backprop.Simd.Data;
using Xunit;

namespace Backprop.Simd.Tests;

public class CsvReaderTests
{
    [Fact]
    public void Numbers_are_read_in_every_spelling()
    {
        CsvTable table = Read("1,-0,0\n+2.5, 1e-3 ,1\n-1.5E+2,\"7\",2\n1e-60,.5,1\n");
        Assert.Equal(-1, Tolerance.FirstDifference([1, -0f, 2.5f, 1e-3f, -150, 7, 0, 0.5f], table.Data.Inputs));
        Assert.Equal([0, 1, 2, 1], table.Data.Labels.ToArray());
        Assert.Equal(["0", "1", "2"], table.ClassNames);
        Assert.Equal(["column 1", "column 2"], table.InputNames);
    }

    [Theory]
    [InlineData("a,b,c\n1,2,x\n3,4,y\n")]
    [InlineData("\uFEFFa,b,c\r\n1,2,x\r\n3,4,y")]
    [InlineData("a,b,c\r1,2,x\r3,4,y\r")]
    [InlineData("\n\na,b,c\n\n1,2,x\n\r\n3,4,y\n\n\n")]
    [InlineData("a;b;c\n1;2;x\n3;4;y")]
    [InlineData("a\tb\tc\n1\t2\tx\n3\t4\ty")]
    [InlineData("\"a\",\"b\",\"c\"\n\"1\",\"2\",\"x\"\n\"3\",\"4\",\"y\"\n")]
    public void Header_line_ends_marks_delimiters_and_quotes_do_not_matter(string text)
    {
        CsvTable table = Read(text);
        Assert.Equal([1, 2, 3, 4], table.Data.Inputs.ToArray());
        Assert.Equal([0, 1], table.Data.Labels.ToArray());
        Assert.Equal(["x", "y"], table.ClassNames);
        Assert.Equal(["a", "b"], table.InputNames);
    }

    [Fact]
    public void Quoted_fields_hold_delimiters_quotes_and_line_ends()
    {
        CsvTable table = Read("\"w, \"\"h\"\"\",\"two\nlines\",class\n1,2,\"red, or\nnot\"\n3,4,blue\n");
        Assert.Equal(["w, \"h\"", "two\nlines"], table.InputNames);
        Assert.Equal(["blue", "red, or\nnot"], table.ClassNames);
        Assert.Equal([1, 0], table.Data.Labels.ToArray());
    }

    [Fact]
    public void The_label_column_is_chosen_by_number_from_either_end_or_by_name()
    {
        const string Text = "kind,x,y\n5,1,2\n7,3,4\n";
        foreach (CsvOptions options in (CsvOptions[])[new() { LabelColumn = 0 }, new() { LabelColumn = -3 }, new() { LabelName = "kind" }, new() { LabelName = "kind", HasHeader = true }])
        {
            CsvTable table = Read(Text, options);
            Assert.Equal([1, 2, 3, 4], table.Data.Inputs.ToArray());
            Assert.Equal([5, 7], table.Data.Labels.ToArray());
            Assert.Equal(8, table.Data.TargetSize);
            Assert.Equal(["x", "y"], table.InputNames);
        }
    }

    [Fact]
    public void Labels_that_are_no_class_numbers_are_numbered_in_ordinal_order()
    {
        Check(["-1", "1"], [1, 0, 1], "1", "-1", "1");
        Check(["0", "1.5"], [1, 0], "1.5", "0");
        Check(["16384", "9"], [0, 1], "16384", "9");
        Check(["B", "a", "ä"], [2, 1, 0], "ä", "a", "B");
        Check(["0", "1", "2", "3"], [3, 1], "3.0", " 1 ");

        static void Check(string[] names, int[] classes, params string[] labels)
        {
            CsvTable table = Read(string.Concat(labels.Select(label => $"0,{label}\n")), new CsvOptions { HasHeader = false });
            Assert.Equal(names, table.ClassNames);
            Assert.Equal(classes, table.Data.Labels.ToArray());
        }
    }

    [Fact]
    public void A_header_of_numbers_is_one_if_the_caller_says_so()
    {
        const string Text = "0,1,2\n3,4,1\n";
        Assert.Equal(2, Read(Text).Data.Count);
        CsvTable table = Read(Text, new CsvOptions { HasHeader = true });
        Assert.Equal(1, table.Data.Count);
        Assert.Equal(["0", "1"], table.InputNames);
    }

    [Fact]
    public void A_line_that_begins_with_a_hash_is_a_row()
    {
        CsvTable table = Read("#1,2\n#3,4\n#1,5\n", new CsvOptions { LabelColumn = 0 });
        Assert.Equal(["#1", "#3"], table.ClassNames);
        Assert.Equal([2, 4, 5], table.Data.Inputs.ToArray());
    }

    [Fact]
    public void A_table_without_labels_is_an_array()
    {
        using var folder = new TemporaryFolder();
        DataArray array = CsvReader.ReadNumbers(folder.Write("a.csv", "x\ty\tz\n1\t2\t3\n4\t5\t6\n"u8));
        Assert.Equal([2, 3], array.Shape);
        Assert.Equal([1, 2, 3, 4, 5, 6], array.Values);
        Assert.Equal([3, 1], CsvReader.ReadNumbers(folder.Write("b.csv", "7\n8\n\n9"u8)).Shape);
    }

    [Fact]
    public void Many_wide_rows_are_read_exactly_plain_and_compressed()
    {
        const int Rows = 60, Columns = 3000;
        var random = new Random(1);
        float[] values = [.. Enumerable.Range(0, Rows * Columns).Select(_ => (float)(random.NextDouble() - 0.5) * 1e6f)];
        var text = new StringBuilder();
        for (int row = 0; row < Rows; row++)
            text.AppendJoin(',', values.Skip(row * Columns).Take(Columns).Select(value => value.ToString("R", CultureInfo.InvariantCulture))).Append(CultureInfo.InvariantCulture, $",{row % 7}\n");
        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        using var folder = new TemporaryFolder();
        foreach (byte[] file in (byte[][])[bytes, DataBytes.Gzip(bytes)])
        {
            CsvTable table = CsvReader.Read(folder.Write("a.csv", file));
            Assert.Equal(Columns, table.Data.InputSize);
            Assert.Equal(-1, Tolerance.FirstDifference(values, table.Data.Inputs));
            Assert.Equal(7, table.Data.TargetSize);
        }
    }

    /// <summary>Nothing of the text stays: reading costs the numbers, chunks and result, and little else.</summary>
    [Fact]
    public void Reading_allocates_for_the_numbers_and_not_for_the_text()
    {
        const int Rows = 100_000;
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.csv", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("0.25,-1.5,class a\n", Rows))));
        long before = GC.GetAllocatedBytesForCurrentThread();
        CsvReader.Read(path);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // Two copies of the inputs; for the labels a list that doubles, and its result.
        const long Needed = Rows * ((2 * 2 * sizeof(float)) + (4 * sizeof(int)));
        Assert.InRange(allocated, 0, Needed + (1 << 20));
    }

    private static CsvTable Read(string text, CsvOptions? options = null)
    {
        using var folder = new TemporaryFolder();
        return CsvReader.Read(folder.Write("a.csv", Encoding.UTF8.GetBytes(text)), options);
    }
}
