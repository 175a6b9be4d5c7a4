//! The builtin table: every helper of the runtime that generated code can reach, named once.
//!
//! `Op`s are entered through the shim (they may suspend, collect, throw, grow the stack); `Leaf`s are called directly and do none of that.
//! `std` names them in `extern f(x: T) -> U from "nostos"`; a name which is in neither list is an intrinsic of `codegen` (see its `intrinsic` module).

use crate::object::Lane;
use Lane::{Float as F, Raw as R, Ref as P};

/// What the table says of one helper.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// The name `std` uses.
    pub name: &'static str,
    /// Lanes of the arguments, in the argument area (ops) or in registers (leaves).
    pub args: &'static [Lane],
    /// Lanes of the results, in the argument area (ops) or registers (leaves: at most one).
    pub results: &'static [Lane],
}

macro_rules! table {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal [$($arg:expr),*] -> [$($res:expr),*];)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum $name { $($(#[$doc])* $variant,)* }
        impl $name {
            /// All of them, in order of their numbers.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];
            /// What the table says of it.
            pub const fn info(self) -> Info {
                match self { $($name::$variant => Info { name: $text, args: &[$($arg),*], results: &[$($res),*] },)* }
            }
            /// Finds one by the name `std` uses.
            pub fn by_name(name: &str) -> Option<$name> {
                match name { $($text => Some($name::$variant),)* _ => None }
            }
        }
    };
}

table! {
    /// Helpers entered through the shim. A string argument is three lanes `P, R, R`.
    Op {
        /// (header, bytes incl. header) → object; payload not initialised, to be filled before the next safepoint.
        AllocSlow = "%alloc" [R, R] -> [P];
        /// Safepoint's slow path: preemption, attention, stack growth, stack overflow.
        Poll = "%poll" [] -> [];
        /// (bytes): a safepoint before a large frame: the same, with room for so much more on the stack.
        Reserve = "%reserve" [R] -> [];
        /// A cell that has no code yet: (cell number) → address of the code, which the caller (a stub) jumps to.
        Compile = "%compile" [R] -> [R];
        /// (cell number): its quickly made code has been called often; from now on calls may reach better code.
        Hot = "%hot" [R] -> [];
        /// A breakpoint site was reached.
        DebugStop = "%debug" [] -> [];
        /// The process's function has returned: (boxed result).
        Exit = "%exit" [P] -> [];
        /// (boxed value): unwinds.
        Throw = "%throw" [P] -> [];
        /// (code): throws the runtime's own error; codes in [`Fault`].
        Fault = "%fault" [R, R, R] -> [];
        /// (object): an old object was written into.
        Remember = "%remember" [P] -> [];
        /// (header, count, lanes per element) → array object, elements zeroed. Negative or huge counts throw.
        NewArray = "%array" [R, R, R] -> [P];
        /// (number of a module-level value) → its box, shared by all processes, or 0 when it has not been evaluated.
        GlobalGet = "%global_get" [R] -> [P];
        /// (number, box): deep-copies the box to immortal memory, unless another process was first → the box all use from now on.
        GlobalSet = "%global_set" [R, P] -> [P];

        /// (closure of no arguments) → pid.
        Spawn = "%spawn" [P] -> [R];
        /// (closure) → pid; linked.
        SpawnLink = "%spawn_link" [P] -> [R];
        /// (closure) → pid, ref.
        SpawnMonitor = "%spawn_monitor" [P] -> [R, R];
        /// (pid, boxed message). Never fails: a dead receiver swallows it.
        Send = "%send" [R, P] -> [];
        /// (pid, reference of a monitor of that process, boxed message): sends it if the monitor is still there, else it is lost.
        SendWatched = "%send_watched" [R, R, P] -> [];
        /// (timeout in ms, or −1): starts a receive at the head of the mailbox; then as `ReceiveNext`.
        ReceiveFirst = "%receive_first" [R] -> [R];
        /// (timeout, descriptors of up to four boxes, two in a word, one of them as often as it takes): as `ReceiveFirst`, but only messages in such boxes count.
        ReceiveOf = "%receive_of" [R, R, R] -> [R];
        /// (timeout, descriptors as above, or −1 and −1 for all messages, reference): as `ReceiveOf`, but messages that were there when the reference was made do
        /// not count: they cannot bear it, nor one made later.
        ReceiveSince = "%receive_since" [R, R, R, R] -> [R];
        /// (timeout, descriptor of a box): → the first message in such a box, which is taken out. 0: the time is up.
        ReceiveOnly = "%receive_only" [R, R] -> [P];
        /// → descriptor index of the next message not yet refused; waits for one. −1: the time is up.
        ReceiveNext = "%receive_next" [] -> [R];
        /// → the message just peeked, as a boxed object in this process's heap.
        ReceiveLoad = "%receive_load" [] -> [P];
        /// Takes the message just peeked out of the mailbox.
        ReceiveTake = "%receive_take" [] -> [];
        /// (descriptor of a box, descriptor of another): → 1 if values of the one may be of the other's type, see [`crate::desc::DescTable::fits`].
        BoxFits = "%box_fits" [R, R] -> [R];
        /// (box, descriptor of another): → its value in such a box, or 0.
        BoxAs = "%box_as" [P, R] -> [P];
        /// Both: → the message just peeked, which is taken out.
        ReceiveTaken = "%receive_taken" [] -> [P];

        /// → own pid.
        SelfPid = "self" [] -> [R];
        /// (ms).
        Sleep = "sleep" [R] -> [];
        /// (name, pid) → 1, or 0 when the name is taken by a living process.
        Register = "%register" [P, R, R, R] -> [R];
        /// (name) → 1, or 0 when nobody had it: it is free again.
        Unregister = "unregister" [P, R, R] -> [R];
        /// (capacity, −1: none) → handle of a new channel.
        ChanNew = "chanNew" [R] -> [P];
        /// (channel, boxed value): waits for room; throws when it is closed.
        ChanSend = "%chan_send" [P, P] -> [];
        /// (channel, ms or −1, does the value stay in it?) → 1: got one, see `Taken`; 0: none in this time; −1: closed, and none is left.
        ChanReceive = "chanReceive" [P, R, R] -> [R];
        /// (channel) → 1: there is a value in it, or it is closed; 0: not yet, and this process is noted as one that waits for that.
        ChanWatch = "chanWatch" [P] -> [R];
        /// (ms, or −1): waits until something comes to one of the channels it is noted at; 0: nothing did in time. It is noted nowhere any more.
        ChanPark = "chanPark" [R] -> [R];
        /// → the boxed value that this process's last receive from a channel got.
        Taken = "%taken" [] -> [P];
        /// (channel): nothing more can be sent.
        ChanClose = "chanClose" [P] -> [];
        /// (channel, pid): it is closed when that process ends.
        ChanCloseWith = "chanCloseWith" [P, R] -> [];
        /// (channel, which: 0 its number, 1 values in it, 2 closed?).
        ChanWord = "chanWord" [P, R] -> [R];
        /// → the box of the value last thrown in this process; for the first statement of a catch arm.
        Caught = "caughtValue" [] -> [P];
        /// (port, 0: any) → handle of a listening socket; throws `("io_error", …)` as all of these.
        TcpListen = "tcpListen" [R] -> [P];
        /// (socket) → its port on this machine.
        TcpPort = "tcpPort" [P] -> [R];
        /// (socket) → a number to tell it by.
        TcpId = "tcpId" [P] -> [R];
        /// (listener) → a connection; waits for one.
        TcpAccept = "tcpAccept" [P] -> [P];
        /// (address in digits, port) → connection.
        TcpConnect = "tcpConnect" [P, R, R, R] -> [P];
        /// (connection, most bytes) → text; waits until there is some; nothing at the end.
        TcpRead = "tcpRead" [P, R] -> [P, R, R];
        /// (connection, text): waits until the system has taken all.
        TcpWrite = "tcpWrite" [P, P, R, R] -> [];
        /// (socket).
        TcpClose = "tcpClose" [P] -> [];
        /// (host) → its address in digits.
        TcpResolve = "tcpResolve" [P, R, R] -> [P, R, R];
        /// (port, 0: any) → handle of a socket for datagrams.
        UdpBind = "udpBind" [R] -> [P];
        /// (socket, address in digits, port, text of characters below 256): sends one datagram.
        UdpSend = "udpSend" [P, P, R, R, R, P, R, R] -> [];
        /// (socket) → `address port\n` and a character below 256 for each byte; waits for a datagram.
        UdpReceive = "udpReceive" [P] -> [P, R, R];
        /// (number of a signal, boxed message): this process gets the message whenever the system sends the signal.
        SignalSubscribe = "%signal_subscribe" [R, P] -> [];
        /// (number of a signal): no longer.
        SignalUnsubscribe = "signalUnsubscribe" [R] -> [];
        /// (0: a file, 1: a program; its number) → a handle; when nobody has that any more, the thing is closed.
        HostGuard = "hostGuard" [R, R] -> [P];
        /// (such a handle): up to here it is needed.
        HostKeep = "hostKeep" [P] -> [];
        /// (key): takes the image's lock of this number, again if this process has it; waits its turn.
        MvarLock = "mvarLock" [R] -> [];
        /// (key): lets it go once.
        MvarUnlock = "mvarUnlock" [R] -> [];
        /// (key): has the image a value under this number?
        MvarIsSet = "mvarIsSet" [R] -> [R];
        /// (key) → a copy of the boxed value, which there is.
        MvarGet = "%mvar_get" [R] -> [P];
        /// (key, boxed value).
        MvarSet = "%mvar_set" [R, P] -> [];
        /// (key) → this process's box under this number, or 0.
        LocalGet = "%local_get" [R] -> [P];
        /// (key, box).
        LocalSet = "%local_set" [R, P] -> [];
        /// (library, symbol) → address of a C function; throws `("ForeignError", …)`.
        ForeignSymbol = "%foreign_symbol" [P, R, R, P, R, R] -> [R];
        /// (text) → address of a copy with a NUL behind it, good until this process's next foreign call is over.
        CString = "%c_string" [P, R, R] -> [R];
        /// (address of a C text, or 0) → text.
        CText = "%c_text" [R] -> [P, R, R];
        /// (address, kind of the result: 0 integer, 1 double, 2 float, six integers, eight doubles as bits) → the result's bits.
        ForeignCall = "%foreign_call" [R, R, R, R, R, R, R, R, R, R, R, R, R, R, R, R] -> [R];
        /// (name) → pid, or 0.
        Whereis = "%whereis" [P, R, R] -> [R];
        /// (pid) → alive?
        IsAlive = "processAlive" [R] -> [R];
        /// (boxed reason, the same as text): ends this process with the reason, if that is an `ExitReason`, else with `Custom(text)`.
        ExitWith = "%exit_with" [P, P, R, R] -> [];
        /// (pid): links both; of a process that is gone comes the exit signal `NoProcess`.
        Link = "link" [R] -> [];
        /// (pid): no exit signal of that link comes any more.
        Unlink = "unlink" [R] -> [];
        /// (pid) → reference of the `Down` to come.
        Monitor = "monitor" [R] -> [R];
        /// (reference): its `Down` does not come any more; one that waits in the mailbox is taken out.
        Demonitor = "demonitor" [R] -> [];
        /// (yes?): exit signals become messages from now on, or no longer.
        TrapExit = "trap_exit" [R] -> [];
        /// This process is a supervisor: when the program is interrupted, it is told before those it looks after.
        Supervises = "supervises" [] -> [];
        /// (pid, boxed reason, the same as text): sends an exit signal as over a link.
        ExitSignal = "%exit_signal" [R, P, P, R, R] -> [];
        /// (pid) → the living process in the next place; behind the last one comes the first.
        ProcessAfter = "processAfter" [R] -> [R];
        /// (pid, which: 0 state, 1 messages, 2 reductions, 3 heap bytes, 4 parent, 5 traps exits, 6 number of links, 7 number of monitors, 8 supervises) → −1: it is gone.
        ProcessWord = "processWord" [R, R] -> [R];
        /// (pid) → who spawned it, or 0.
        ProcessParent = "processParent" [R] -> [R];
        /// (pid, i) → the i-th of its links, or 0.
        ProcessLink = "processLink" [R, R] -> [R];
        /// (pid) → its registered name, or nothing.
        ProcessName = "processName" [R] -> [P, R, R];
        /// (pid): kills.
        Kill = "processKill" [R] -> [];
        /// → a new unique number.
        MakeRef = "makeRef" [] -> [R];
        /// Ends the time slice.
        Yield = "yieldNow" [] -> [];

        /// (text).
        Print = "printString" [P, R, R] -> [];
        /// (text).
        Println = "printlnString" [P, R, R] -> [];
        /// (text).
        Eprint = "eprintString" [P, R, R] -> [];
        /// (text).
        Eprintln = "eprintlnString" [P, R, R] -> [];
        /// (path) → text; throws `("io_error", …)`.
        FileReadAll = "fileReadAll" [P, R, R] -> [P, R, R];
        /// (path, text).
        FileWriteAll = "fileWriteAll" [P, R, R, P, R, R] -> [];
        /// (path, text).
        FileAppend = "fileAppend" [P, R, R, P, R, R] -> [];
        /// (path) → Bool.
        FileExists = "fileExists" [P, R, R] -> [R];
        /// (path).
        FileRemove = "fileRemove" [P, R, R] -> [];
        /// (path) → names, one a line, sorted.
        DirList = "dirListLines" [P, R, R] -> [P, R, R];
        /// (path): with parents.
        DirCreateAll = "dirCreateAll" [P, R, R] -> [];
        /// (name) → present?, text.
        EnvGet = "%env_get" [P, R, R] -> [R, P, R, R];
        /// → current directory.
        EnvCwd = "envCwd" [] -> [P, R, R];
        /// → number of program arguments.
        ArgCount = "argCount" [] -> [R];
        /// (index) → the argument.
        ArgGet = "argGet" [R] -> [P, R, R];
        /// → nanoseconds of a clock that never goes back.
        MonotonicNanos = "monotonicNanos" [] -> [R];
        /// → milliseconds since 1970.
        NowMillis = "nowMillis" [] -> [R];
        /// → 64 random bits.
        RandomBits = "randomBits" [] -> [R];

        /// (a, b) → a ++ b.
        StringConcat = "stringConcat" [P, R, R, P, R, R] -> [P, R, R];
        /// (s, from byte, to byte) → slice that shares. Bounds are checked by the caller.
        StringSlice = "stringSlice" [P, R, R, R, R] -> [P, R, R];
        /// (s, from char, to char (excluded)) → substring, clamped.
        StringSubstring = "stringSubstring" [P, R, R, R, R] -> [P, R, R];
        /// (n) → decimal.
        IntToString = "intToString" [R] -> [P, R, R];
        /// (n as unsigned) → decimal.
        UIntToString = "uintToString" [R] -> [P, R, R];
        /// (x) → shortest decimal that reads back (`1.0`, `0.1`, `1e20` as in the page).
        FloatToString = "floatToString" [F] -> [P, R, R];
        /// (x, exact as a 32-bit float) → shortest decimal that reads back as such.
        Float32ToString = "float32ToString" [F] -> [P, R, R];
        /// (x, decimals).
        FloatToFixed = "floatToFixed" [F, R] -> [P, R, R];
        /// (char) → one-character string.
        CharToString = "charToString" [R] -> [P, R, R];
        /// (s) → s as in source, in double quotes, escaped.
        StringQuote = "stringQuote" [P, R, R] -> [P, R, R];
        /// (char) → 'c' as in source.
        CharQuote = "charQuote" [R] -> [P, R, R];
        /// (atom) → `:name`.
        AtomToString = "atomToString" [R] -> [P, R, R];
        /// (s) upper case.
        StringToUpper = "stringToUpper" [P, R, R] -> [P, R, R];
        /// (s) lower case.
        StringToLower = "stringToLower" [P, R, R] -> [P, R, R];
        /// (s) without white space at both ends.
        StringTrim = "stringTrim" [P, R, R] -> [P, R, R];
        /// (s).
        StringTrimStart = "stringTrimStart" [P, R, R] -> [P, R, R];
        /// (s).
        StringTrimEnd = "stringTrimEnd" [P, R, R] -> [P, R, R];
        /// (s, from, to) all.
        StringReplaceAll = "stringReplaceAll" [P, R, R, P, R, R, P, R, R] -> [P, R, R];
        /// (s, n) n times; throws when too large.
        StringRepeat = "stringRepeat" [P, R, R, R] -> [P, R, R];
        /// (s) by characters.
        StringReverse = "stringReverse" [P, R, R] -> [P, R, R];
        /// Opens a builder on this process's builder stack; → its depth.
        BuilderStart = "builderStart" [] -> [R];
        /// Appends to the innermost builder.
        BuilderPush = "builderPush" [P, R, R] -> [];
        /// Appends a character.
        BuilderPushChar = "builderPushChar" [R] -> [];
        /// Appends a decimal.
        BuilderPushInt = "builderPushInt" [R] -> [];
        /// Appends a float as `show` writes it.
        BuilderPushFloat = "builderPushFloat" [F] -> [];
        /// Appends a string as in source.
        BuilderPushQuoted = "builderPushQuoted" [P, R, R] -> [];
        /// Closes the builder of this depth (and any left above it by an exception) → its text.
        BuilderFinish = "builderFinish" [R] -> [P, R, R];
        /// Runs a collection now (1: major).
        Collect = "runtimeCollect" [R] -> [];
        /// → bytes this process's heap holds.
        HeapBytes = "runtimeHeapBytes" [] -> [R];
        /// → collections of this process so far.
        CollectionCount = "runtimeCollections" [] -> [R];
        /// → living processes.
        ProcessCount = "runtimeProcessCount" [] -> [R];

        /// (what, worker) → a number about the image, see `Runtime` in std.
        RuntimeWord = "runtimeWord" [R, R] -> [R];

        // What `nostos-host` does, for the runtime and the interpreter alike.
        /// (pattern) → empty, or what is wrong with it.
        RegexProblem = "regexProblem" [P, R, R] -> [P, R, R];
        /// (pattern, text, most matches or −1) → byte offsets of matches and their groups, as `host::pattern` writes them.
        RegexSpans = "regexSpans" [P, R, R, P, R, R, R] -> [P, R, R];
        /// (pattern, text, replacement, most matches or 0).
        RegexReplace = "regexReplace" [P, R, R, P, R, R, P, R, R, R] -> [P, R, R];
        /// (pattern) → names of its groups, one a line.
        RegexGroupNames = "regexGroupNames" [P, R, R] -> [P, R, R];
        /// (path, mode) → handle.
        FileOpen = "fileOpen" [P, R, R, P, R, R] -> [R];
        /// (handle, most bytes) → text, empty at the end.
        FileRead = "fileRead" [R, R] -> [P, R, R];
        /// (handle) → is there one?, line.
        FileReadLine = "fileReadLine" [R] -> [R, P, R, R];
        /// (handle, text).
        FileWrite = "fileWrite" [R, P, R, R] -> [];
        /// (handle).
        FileFlush = "fileFlush" [R] -> [];
        /// (handle).
        FileClose = "fileClose" [R] -> [];
        /// (handle, offset, 0: from the start, 1: from here, 2: from the end) → position.
        FileSeek = "fileSeek" [R, R, R] -> [R];
        /// (path) → bytes.
        FileSize = "fileSize" [P, R, R] -> [R];
        /// (from, to).
        FileRename = "fileRename" [P, R, R, P, R, R] -> [];
        /// (from, to).
        FileCopy = "fileCopy" [P, R, R, P, R, R] -> [];
        /// (path) → a character below 256 for each byte.
        FileReadBinary = "fileReadBinary" [P, R, R] -> [P, R, R];
        /// (path, text of characters below 256).
        FileWriteBinary = "fileWriteBinary" [P, R, R, P, R, R] -> [];
        /// (path) → milliseconds since 1970.
        FileModified = "fileModified" [P, R, R] -> [R];
        /// (path) → 0 nothing, 1 file, 2 directory, 3 something else.
        FileKind = "fileKind" [P, R, R] -> [R];
        /// (path).
        DirCreate = "dirCreate" [P, R, R] -> [];
        /// (path): an empty one.
        DirRemove = "dirRemove" [P, R, R] -> [];
        /// (path): with all that is in it.
        DirRemoveAll = "dirRemoveAll" [P, R, R] -> [];
        /// → version, processor and operating system, one a line.
        HostVersion = "hostVersion" [] -> [P, R, R];
        /// → directory for temporary files.
        EnvTempDir = "envTempDir" [] -> [P, R, R];
        /// → `name=value`, each followed by a NUL.
        EnvAll = "envAll" [] -> [P, R, R];
        /// (program, arguments each followed by a NUL, input) → handle, for `execFinish`.
        ExecBegin = "execBegin" [P, R, R, P, R, R, P, R, R] -> [R];
        /// (handle) → `status length\n`, standard output of that length, standard error.
        ExecFinish = "execFinish" [R] -> [P, R, R];
        /// (program, arguments) → handle.
        ExecStart = "execStart" [P, R, R, P, R, R] -> [R];
        /// (handle) → is there one?, line.
        ExecReadLine = "execReadLine" [R] -> [R, P, R, R];
        /// (handle, text).
        ExecWrite = "execWrite" [R, P, R, R] -> [];
        /// (handle): its input ends.
        ExecCloseInput = "execCloseInput" [R] -> [];
        /// (handle) → exit status.
        ExecWait = "execWait" [R] -> [R];
        /// (handle).
        ExecKill = "execKill" [R] -> [];
    }
}

table! {
    /// Helpers called directly (SystemV, at most six integer and eight float registers). They get no process, allocate nothing, never throw.
    Leaf {
        /// Equality of two strings.
        StringEq = "stringEq" [P, R, R, P, R, R] -> [R];
        /// −1, 0, 1 by bytes (which is by code points).
        StringCompare = "stringCompare" [P, R, R, P, R, R] -> [R];
        /// Hash of a string.
        StringHash = "stringHash" [P, R, R] -> [R];
        /// Characters in it.
        StringLength = "stringLength" [P, R, R] -> [R];
        /// Bytes in it.
        StringByteLength = "stringByteLength" [P, R, R] -> [R];
        /// (s, byte offset) → the character that starts there (0 past the end).
        StringCharAt = "stringCharAtByte" [P, R, R, R] -> [R];
        /// (s, byte offset) → that byte (−1 past the end).
        StringByteAt = "stringByteAt" [P, R, R, R] -> [R];
        /// (char index) → byte offset, or −1 when out of range; the length is allowed.
        StringByteOffset = "stringByteOffset" [P, R, R, R] -> [R];
        /// (haystack, needle) → byte offset or −1.
        StringFind = "stringFind" [P, R, R, P, R, R] -> [R];
        /// (haystack, needle) → last byte offset or −1.
        StringFindLast = "stringFindLast" [P, R, R, P, R, R] -> [R];
        /// (s, prefix).
        StringStartsWith = "stringStartsWith" [P, R, R, P, R, R] -> [R];
        /// (s, suffix).
        StringEndsWith = "stringEndsWith" [P, R, R, P, R, R] -> [R];
        /// Is it an Int literal (optional sign, digits, in range)?
        StringIsInt = "stringIsInt" [P, R, R] -> [R];
        /// Its value (0 when it is none).
        StringToInt = "stringToIntOr0" [P, R, R] -> [R];
        /// Is it a Float literal?
        StringIsFloat = "stringIsFloat" [P, R, R] -> [R];
        /// Its value (0 when it is none).
        StringToFloat = "stringToFloatOr0" [P, R, R] -> [F];
        /// 64-bit mix.
        IntHash = "intHash" [R] -> [R];
        /// Bits set.
        IntPopCount = "intPopCount" [R] -> [R];
        /// Power of integers, wrapping; negative exponents give 0 (±1 for bases ±1).
        IntPow = "intPow" [R, R] -> [R];
        /// x ** y.
        FloatPow = "floatPow" [F, F] -> [F];
        /// Sine.
        FloatSin = "floatSin" [F] -> [F];
        /// Cosine.
        FloatCos = "floatCos" [F] -> [F];
        /// Tangent.
        FloatTan = "floatTan" [F] -> [F];
        /// Arc tangent of y / x.
        FloatAtan2 = "floatAtan2" [F, F] -> [F];
        /// e to the x.
        FloatExp = "floatExp" [F] -> [F];
        /// Natural logarithm.
        FloatLog = "floatLog" [F] -> [F];
        /// Decimal logarithm.
        FloatLog10 = "floatLog10" [F] -> [F];
        /// Remainder with the dividend's sign.
        FloatRem = "floatRem" [F, F] -> [F];
        /// Upper case (one to one).
        CharToUpper = "charToUpper" [R] -> [R];
        /// Lower case (one to one).
        CharToLower = "charToLower" [R] -> [R];
        /// White space?
        CharIsSpace = "charIsSpace" [R] -> [R];
        /// (array of numbers): nobody will write it again, so it need not be copied when it is sent.
        ArrayFreeze = "arrayFreeze" [P] -> [];
        /// Letter?
        CharIsLetter = "charIsLetter" [R] -> [R];
        /// Decimal digit?
        CharIsDigit = "charIsDigit" [R] -> [R];
    }
}

/// Errors the runtime raises itself: `("DivisionByZero", "Division by zero")` and the like. The two words after the code are details.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u32)]
pub enum Fault {
    /// `("DivisionByZero", "Division by zero")`
    DivisionByZero,
    /// (index, length): `("IndexOutOfBounds", "Index 5 out of bounds, length is 3")`
    IndexOutOfBounds,
    /// `("Panic", "Non-exhaustive match")`
    NoMatch,
    /// `("Panic", "stack overflow")`
    StackOverflow,
    /// `("OutOfMemory", …)`
    OutOfMemory,
}
