using System.Buffers.Binary;
using System.Text;

namespace Backprop.Simd.Peers;

/// <summary>
/// libLibTorchSharp.so of TorchSharp 0.107 asks for GLIBCXX_3.4.32, which the libstdc++ of Debian 12 lacks, and calls nothing of that version.
/// Marking the need as weak (VER_FLG_WEAK in .gnu.version_r) in the copy beside this program lets it load.
/// </summary>
internal static class WeakVersion
{
    private const ushort WeakFlag = 2;
    private const uint VersionNeedSection = 0x6FFF_FFFE;

    /// <summary>Marks the version as weak wherever the file needs it; returns whether the file was changed.</summary>
    public static bool Mark(string path, string version)
    {
        byte[] file = File.ReadAllBytes(path);
        bool changed = false;
        ulong sections = U64(0x28);
        int size = U16(0x3A), count = U16(0x3C);
        for (int i = 0; i < count; i++)
        {
            int header = checked((int)sections) + (i * size);
            if (U32(header + 4) != VersionNeedSection)
                continue;
            int strings = checked((int)U64(checked((int)sections) + ((int)U32(header + 40) * size) + 24));
            int need = checked((int)U64(header + 24));
            for (uint left = U32(header + 44); left > 0; left--)
            {
                int auxiliary = need + (int)U32(need + 8);
                for (int entry = U16(need + 2); entry > 0; entry--)
                {
                    if (Text(strings + (int)U32(auxiliary + 8)) == version && (U16(auxiliary + 4) & WeakFlag) == 0)
                    {
                        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(auxiliary + 4), (ushort)(U16(auxiliary + 4) | WeakFlag));
                        changed = true;
                    }

                    auxiliary += (int)U32(auxiliary + 12);
                }

                need += (int)U32(need + 12);
            }
        }

        if (changed)
        {
            string temporary = path + ".new";
            File.WriteAllBytes(temporary, file);
            File.Move(temporary, path, overwrite: true);
        }

        return changed;

        ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(at));
        uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));
        ulong U64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
        string Text(int at) => Encoding.ASCII.GetString(file, at, Array.IndexOf(file, (byte)0, at) - at);
    }
}
