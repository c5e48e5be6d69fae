namespace Backprop.Simd.Internal.Activations;

/// <summary>Work that is written once for every elementwise activation.</summary>
internal interface IActivationAction
{
    void Invoke<TActivation>(TActivation activation)
        where TActivation : struct, IActivation;
}

/// <summary>The elementwise activations, one line each.</summary>
internal static class ActivationTable
{
    /// <summary>One of each elementwise activation, with its parameter; for tests and benchmarks.</summary>
    public static ReadOnlySpan<ActivationKind> Elementwise => new ActivationKind[]
    {
        new(ActivationId.Identity, 0),
        new(ActivationId.ReLU, 0),
        new(ActivationId.LeakyReLU, 0.01f),
        new(ActivationId.ELU, 1),
        new(ActivationId.Softplus, 0),
        new(ActivationId.Sigmoid, 0),
        new(ActivationId.Tanh, 0),
        new(ActivationId.GELU, 0),
        new(ActivationId.GELUTanh, 0),
        new(ActivationId.SiLU, 0),
        new(ActivationId.HardSwish, 0),
    };

    /// <summary>Calls the action with the activation of this kind.</summary>
    public static void Dispatch<TAction>(ActivationKind kind, ref TAction action)
        where TAction : struct, IActivationAction, allows ref struct
    {
        switch (kind.Id)
        {
            case ActivationId.Identity: action.Invoke(default(Identity)); break;
            case ActivationId.ReLU: action.Invoke(default(ReLU)); break;
            case ActivationId.LeakyReLU: action.Invoke(new LeakyReLU(kind.Parameter)); break;
            case ActivationId.ELU: action.Invoke(new ELU(kind.Parameter)); break;
            case ActivationId.Softplus: action.Invoke(default(Softplus)); break;
            case ActivationId.Sigmoid: action.Invoke(default(Sigmoid)); break;
            case ActivationId.Tanh: action.Invoke(default(Tanh)); break;
            case ActivationId.GELU: action.Invoke(default(GELU)); break;
            case ActivationId.GELUTanh: action.Invoke(default(GELUTanh)); break;
            case ActivationId.SiLU: action.Invoke(default(SiLU)); break;
            case ActivationId.HardSwish: action.Invoke(default(HardSwish)); break;
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind.Id, "Not an elementwise activation.");
        }
    }

    /// <summary>Whether the activation has a parameter.</summary>
    public static bool HasParameter(ActivationId id) => id is ActivationId.LeakyReLU or ActivationId.ELU;

    /// <summary>The activation's name in the public interface.</summary>
    public static string Name(ActivationKind kind) => kind.Id.ToString();

    /// <summary>What its derivative is computed from.</summary>
    public static Saved Saves(ActivationKind kind)
    {
        if (kind.Id == ActivationId.Softmax)
            return Saved.Output;
        var query = default(SavesQuery);
        Dispatch(kind, ref query);
        return query.Answer;
    }

    private struct SavesQuery : IActivationAction
    {
        public Saved Answer { get; private set; }

        public void Invoke<TActivation>(TActivation activation)
            where TActivation : struct, IActivation => Answer = TActivation.Saves;
    }
}
