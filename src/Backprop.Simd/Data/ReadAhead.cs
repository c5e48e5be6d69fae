using System.Runtime.ExceptionServices;

namespace Backprop.Simd.Internal.Data;

/// <summary>Reads the next batches on a thread of its own while the caller works on one.</summary>
internal sealed class ReadAhead : BatchReader
{
    /// <summary>One that the caller has, one that is ready, one that is being filled.</summary>
    internal const int Slots = 3;

    private readonly object _gate = new();
    private readonly Batch[] _slots = new Batch[Slots];
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _registration;
    private readonly Thread _thread;

    private int[] _order = [];
    private int _expected = -1;
    private int _next;
    private int _first;
    private int _ready;
    private int _lent;
    private bool _reading;
    private bool _stopped;
    private ExceptionDispatchInfo? _error;

    public ReadAhead(StreamedDataset dataset, int size, CancellationToken cancellationToken)
        : base(size)
    {
        for (int i = 0; i < Slots; i++)
            _slots[i] = new Batch(dataset, size);
        _cancellation = cancellationToken;
        _registration = cancellationToken.UnsafeRegister(static reader => ((ReadAhead)reader!).Wake(), this);
        _thread = new Thread(Run) { IsBackground = true, Name = "Backprop.Simd read-ahead" };
        _thread.Start();
    }

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public override Batch Read(int[] order, int start)
    {
        lock (_gate)
        {
            _lent = 0;
            if (order != _order || start != _expected)
                Restart(order, start);
            Monitor.PulseAll(_gate);
            while (_ready == 0 && _error is null)
            {
                _cancellation.ThrowIfCancellationRequested();
                Monitor.Wait(_gate);
            }

            if (_ready == 0)
                _error!.Throw();
            Batch batch = _slots[_first];
            _first = (_first + 1) % Slots;
            _ready--;
            _lent = 1;
            _expected = start + batch.Rows < order.Length ? start + batch.Rows : -1;
            return batch;
        }
    }

    /// <summary>Returns when the thread reads no more.</summary>
    public override void Dispose()
    {
        _registration.Dispose();
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
    }

    /// <summary>What was read ahead belongs to another order: also what is being read.</summary>
    private void Restart(int[] order, int start)
    {
        _next = int.MaxValue;
        while (_reading)
            Monitor.Wait(_gate);
        _ready = 0;
        _error = null;
        _order = order;
        _next = start;
    }

    private void Wake()
    {
        lock (_gate)
            Monitor.PulseAll(_gate);
    }

    private void Run()
    {
        while (Begin() is (var batch, var order, var start))
            End(batch, start, Fill(batch, Part(order, start)));
    }

    /// <summary>Waits for a free slot and something to read; null at the end.</summary>
    private (Batch Batch, int[] Order, int Start)? Begin()
    {
        lock (_gate)
        {
            while (!_stopped && (_error is not null || _next >= _order.Length || _ready + _lent == Slots))
                Monitor.Wait(_gate);
            _reading = !_stopped;
            return _stopped ? null : (_slots[(_first + _ready) % Slots], _order, _next);
        }
    }

    private static ExceptionDispatchInfo? Fill(Batch batch, ReadOnlySpan<int> examples)
    {
        try
        {
            batch.Gather(examples);
            return null;
        }
#pragma warning disable CA1031 // every exception goes to the caller
        catch (Exception e)
#pragma warning restore CA1031
        {
            return ExceptionDispatchInfo.Capture(e);
        }
    }

    private void End(Batch batch, int start, ExceptionDispatchInfo? error)
    {
        lock (_gate)
        {
            _reading = false;
            Monitor.PulseAll(_gate);
            if (_next != start)
                return;
            _next += batch.Rows;
            _error = error;
            if (error is null)
                _ready++;
        }
    }
}
