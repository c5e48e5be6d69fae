using Backprop.Simd.Internal.IO;

namespace Backprop.Simd;

public sealed unsafe partial class Network
{
    /// <summary>Writes the network as a safetensors file with the names and shapes of PyTorch's state_dict: a weight is [out, in], and its module's number counts as in torch.nn.Sequential.</summary>
    /// <param name="path">Written whole, to a temporary file beside it that then takes its name: on failure an old file stays as it was.</param>
    /// <remarks>Floats are stored bit for bit. The architecture and the format's version are in the file's <c>__metadata__</c>.</remarks>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        var writer = new SafetensorsWriter();
        NetworkFile.Add(writer, this);
        AtomicFile.Write(path, writer.Write);
    }

    /// <summary>Reads a network that <see cref="Save"/> wrote: the same architecture, the same bits.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, of a newer format version, or holds something else; the message says what and where.</exception>
    public static Network Load(string path)
    {
        using var reader = new SafetensorsReader(path);
        if (reader.Metadata.ContainsKey(Trainer.LossKey))
            throw reader.Bad("this is a checkpoint, not a network: Trainer.LoadCheckpoint reads it.");
        return NetworkFile.Read(reader, isOther: _ => false);
    }

    /// <summary>Fills the parameters and running statistics from a safetensors file of any origin, such as a state_dict that PyTorch saved: the network has been described, the file holds no architecture.</summary>
    /// <param name="path">A safetensors file with the names and shapes that <see cref="Save"/> writes; F32, or F16, BF16 and F64, which are converted (F64 to the nearest).</param>
    /// <param name="nameInFile">Gives for a name of torch.nn.Sequential, as "0.weight", the file's own; then the file may hold other tensors too. Null: the names are the same, and the file holds nothing else.</param>
    /// <remarks>Nothing changes unless all tensors are there and have the right shapes. An architecture in the file is not compared: activations and dropout may differ.</remarks>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or its tensors do not fit; the message names the tensor and both shapes.</exception>
    public void LoadParameters(string path, Func<string, string>? nameInFile = null)
    {
        using var reader = new SafetensorsReader(path);
        if (reader.Metadata.ContainsKey(Trainer.LossKey))
            throw reader.Bad("this is a checkpoint, not a network: Trainer.LoadCheckpoint reads it.");
        NetworkFile.Fill(reader, this, nameInFile ?? (name => name), isOther: _ => nameInFile is not null);
    }
}
