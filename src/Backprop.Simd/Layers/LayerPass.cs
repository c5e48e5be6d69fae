using System.Runtime.CompilerServices;
using Backprop.Simd.Internal.MatrixProduct;

namespace Backprop.Simd.Internal.Layers;

/// <summary>What a layer is handed for one pass over a batch; every matrix is row-major and dense.</summary>
internal unsafe struct LayerPass
{
    /// <summary>Examples in the batch.</summary>
    public int Rows;

    /// <summary>Whether dropout drops and <see cref="Saved"/> is filled.</summary>
    public bool Training;

    /// <summary>Key of this layer's random numbers in this pass.</summary>
    public ulong Key;

    /// <summary>rows x InputSize; read only.</summary>
    public float* Input;

    /// <summary>rows x OutputSize; the forward pass overwrites it, the backward pass reads it.</summary>
    public float* Output;

    /// <summary>rows x SavedPerRow; what only the backward pass needs, or null outside training.</summary>
    public float* Saved;

    /// <summary>The layer's slice of the parameters.</summary>
    public float* Parameters;

    /// <summary>The layer's slice of the network's running statistics.</summary>
    public float* Statistics;

    /// <summary>The layer's slice of the network's counters.</summary>
    public long* Counters;

    /// <summary>The layer's slice of the gradients; the backward pass adds to it or overwrites it.</summary>
    public float* Gradients;

    /// <summary>Whether the backward pass adds to <see cref="Gradients"/>. Adding to +0 gives the same bits as overwriting.</summary>
    public bool AddsGradients;

    /// <summary>dLoss/dOutput, rows x OutputSize; the backward pass may overwrite it.</summary>
    public float* OutputGradient;

    /// <summary>dLoss/dInput, rows x InputSize; overwritten. Null where nobody asks.</summary>
    public float* InputGradient;

    /// <summary>How the backward pass updates the weights at once, instead of adding to their gradients; null: it does not.</summary>
    public WeightUpdate? Update;

    /// <summary>The layer's slice of the first array of the optimizer's state; the second lies <see cref="StateLength"/> further.</summary>
    public float* States;

    public int StateLength;

    /// <summary>Whether <see cref="OutputGradient"/> is by the weighted sums already, because the layer above applied this layer's derivative.</summary>
    public bool DerivativeApplied;

    /// <summary>The layer below whose derivative the backward pass applies to its input gradient, or null.</summary>
    public Dense? Below;

    /// <summary>What the derivative of <see cref="Below"/> is computed from, rows x InputSize.</summary>
    public float* BelowSaved;

    public WorkerPool? Workers;

    public GemmScratch Scratch;

    /// <summary>What <see cref="Layer.Prepare"/> made, if the layer is <see cref="Dense"/>.</summary>
    public DenseProducts? Products;

    /// <summary>Makes all passes ones over so many examples.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Prepare(Layer[] blocks, LayerPass[] plan, int rows)
    {
        for (int i = 0; i < plan.Length; i++)
        {
            plan[i].Rows = rows;
            blocks[i].Prepare(ref plan[i]);
        }
    }

    /// <summary>For the first layer: the batch lies somewhere else each time.</summary>
    public void SetInput(float* input)
    {
        Input = input;
        if (Products is not { } products)
            return;
        products.Output.A = input;
        products.WeightGradient.A = input;
    }
}
