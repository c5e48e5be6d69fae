using Backprop.Simd.Internal.Memory;
using Xunit;

namespace Backprop.Simd.Tests;

public sealed unsafe class TrainingArraysTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(131)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(1279)]
    [InlineData(1280)]
    [InlineData(1281)]
    [InlineData(4810)]
    public void Arrays_lie_quarters_of_a_page_apart_and_do_not_overlap(int count)
    {
        var page = new AlignedBuffer(1024);
        for (int states = 0; states <= 2; states++)
        {
            for (int offset = 0; offset < 1024; offset += 16)
            {
                float* parameters = page.Pointer + offset;
                using var arrays = new TrainingArrays(parameters, count, states);
                Assert.Equal(1024, (arrays.Gradients - parameters) * sizeof(float) & 4095);
                Assert.Equal(1024 * states, states * arrays.StateLength * (long)sizeof(float) & 4095);
                Assert.Equal((nint)(arrays.Gradients + arrays.StateLength), (nint)arrays.States);
                Assert.Equal(states * arrays.StateLength, arrays.StateFloats);

                Span<float> gradients = arrays.GradientSpan;
                Assert.Equal(count, gradients.Length);
                Assert.False(gradients.ContainsAnyExcept(0f));
                Assert.False(new ReadOnlySpan<float>(arrays.States, arrays.StateFloats).ContainsAnyExcept(0f));
                gradients.Fill(1);
                for (int i = 0; i < states; i++)
                {
                    Assert.Equal(count, arrays.State(i).Length);
                    fixed (float* state = arrays.State(i))
                        Assert.Equal((nint)(arrays.States + (i * (nint)arrays.StateLength)), (nint)state);
                    arrays.State(i).Fill(i + 2);
                }

                Assert.False(gradients.ContainsAnyExcept(1f));
                for (int i = 0; i < states; i++)
                    Assert.False(arrays.State(i).ContainsAnyExcept(i + 2f));
            }
        }
    }

    [Theory]
    [InlineData(1, 0, 1024 + 256)]
    [InlineData(1281, 2, 1024 + (3 * (2048 + 256)))]
    [InlineData(AlignedBuffer.MaximumLength, 2, 1024 + (3 * 2147483904L))]
    public void Their_size_is_known_before(int count, int states, long floats) => Assert.Equal(floats, TrainingArrays.Floats(count, states));
}
