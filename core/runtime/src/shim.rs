//! The few instructions between generated code and Rust: entering and leaving a process, the shim for helpers, the stubs for lazy
//! compilation and for breakpoint sites.
//!
//! The rule that makes frames movable: no Rust frame is ever on a process's stack. The shim saves the callee-saved registers with
//! the frames and runs the helper on the worker's stack. A suspended stack is therefore, from its saved stack pointer upwards,
//! `r14 r13 r12 rbx rbp return-address`, generated frames linked by frame pointers, and the entry frame, whose frame pointer is 0.

use crate::process::Process;
use nostos_abi::builtin::Op;
use nostos_abi::process as abi;

/// What a helper tells the shim; [`Leave`] values from 2 upwards leave the process.
pub(crate) const CONTINUE: usize = 0;
/// Jump to the handler that the throw words of the process name.
pub(crate) const THROW: usize = 1;

/// Why a process went back to its worker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub(crate) enum Leave {
    /// Its slice is over, or somebody wants its attention.
    Yield = 2,
    /// It waits for a message or a deadline.
    Wait = 3,
    /// It waits for a job of the blocking pool.
    Job = 4,
    /// The debugger stopped it.
    Stop = 5,
    /// It has ended.
    Exit = 6,
}

impl Leave {
    pub(crate) fn from_code(code: usize) -> Leave {
        match code {
            2 => Leave::Yield,
            3 => Leave::Wait,
            4 => Leave::Job,
            5 => Leave::Stop,
            6 => Leave::Exit,
            other => panic!("the dispatcher gave {other}"),
        }
    }
}

/// Words the shim pushes below the frame pointer (r14, r13, r12, rbx), in bytes.
pub(crate) const SAVED_BYTES: usize = 32;
/// Distance from stack to frame pointer in the stubs below.
pub(crate) const COMPILE_SPAN: u32 = 112;
const HOOK_SPAN: u32 = 336;

std::arch::global_asm!(
    r#"
    .text
    .p2align 4
    .globl nostos_rt_shim
    .type nostos_rt_shim, @function
nostos_rt_shim:                     // Tail or SystemV: edi = op; r15 = process
    .cfi_startproc
    push rbp
    .cfi_def_cfa_offset 16
    .cfi_offset rbp, -16
    mov rbp, rsp
    .cfi_def_cfa_register rbp
    push rbx
    .cfi_offset rbx, -24
    push r12
    .cfi_offset r12, -32
    push r13
    .cfi_offset r13, -40
    push r14
    .cfi_offset r14, -48
    .cfi_endproc
    // From here on the caller may be on another stack, which gdb accepts of a signal's frame; up to here it must not see one, or it could not step over the call.
    .cfi_startproc
    .cfi_signal_frame
    .cfi_def_cfa rbp, 16
    .cfi_offset rbp, -16
    .cfi_offset rbx, -24
    .cfi_offset r12, -32
    .cfi_offset r13, -40
    .cfi_offset r14, -48
    mov [r15 + {sp}], rsp
    mov rsp, [r15 + {worker}]
    mov rsi, r15
    call [r15 + {dispatch}]
    cmp rax, 1
    ja 2f
    je 3f
    mov rsp, [r15 + {sp}]
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret
3:  mov rsp, [r15 + {throw_sp}]
    mov rbp, [r15 + {throw_fp}]
    mov rax, [r15 + {throw_payload}]
    xor edx, edx
    jmp [r15 + {throw_pc}]
2:  add rsp, 8                      // leave: the worker's registers, saved by nostos_rt_resume
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret
    .cfi_endproc
    .size nostos_rt_shim, .-nostos_rt_shim

    .p2align 4
    .globl nostos_rt_resume
    .type nostos_rt_resume, @function
nostos_rt_resume:                   // (rdi = process, rsi = 0: go on, 1: throw) -> why it left
    .cfi_startproc
    push rbp
    push rbx
    push r12
    push r13
    push r14
    push r15
    sub rsp, 8
    mov r15, rdi
    mov [r15 + {worker}], rsp
    test rsi, rsi
    jne 3b
    mov rsp, [r15 + {sp}]
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    pop rcx
    jmp rcx
    .cfi_endproc
    .size nostos_rt_resume, .-nostos_rt_resume

    .p2align 4
    .globl nostos_rt_entry
    .type nostos_rt_entry, @function
nostos_rt_entry:                    // first resumption of a process: argument 0 is its closure
    .cfi_startproc
    .cfi_escape 0x0f, 6, 0x7f, {worker}, 0x06, 0x23, 64, 0x96   // CFA = [r15 + worker] + 64; then a nop
    .cfi_offset rip, -8
    .cfi_offset rbp, -16
    .cfi_offset rbx, -24
    .cfi_offset r12, -32
    .cfi_offset r13, -40
    .cfi_offset r14, -48
    .cfi_offset r15, -56
    nop
    mov rdi, [r15 + {args}]
    mov rax, [rdi + 8]
    mov rax, [rax]
    call rax
    .globl nostos_rt_entry_ret
nostos_rt_entry_ret:
    mov [r15 + {args}], rax
    mov edi, {exit}
    call nostos_rt_shim
    ud2
    .cfi_endproc
    .size nostos_rt_entry, .-nostos_rt_entry

    .p2align 4
    .globl nostos_rt_compile
    .type nostos_rt_compile, @function
nostos_rt_compile:                  // from a cell's stub: eax = cell; the callee's arguments are in place
    .cfi_startproc
    push rbp
    .cfi_def_cfa_offset 16
    .cfi_offset rbp, -16
    mov rbp, rsp
    .cfi_def_cfa_register rbp
    sub rsp, {compile_span}
    mov [rsp], rdi
    mov [rsp + 8], rsi
    mov [rsp + 16], rdx
    mov [rsp + 24], rcx
    mov [rsp + 32], r8
    mov [rsp + 40], r9
    movsd [rsp + 48], xmm0
    movsd [rsp + 56], xmm1
    movsd [rsp + 64], xmm2
    movsd [rsp + 72], xmm3
    movsd [rsp + 80], xmm4
    movsd [rsp + 88], xmm5
    movsd [rsp + 96], xmm6
    movsd [rsp + 104], xmm7
    mov [r15 + {args}], rax
    mov edi, {compile}
    call nostos_rt_shim
    .globl nostos_rt_compile_ret
nostos_rt_compile_ret:
    mov rax, [r15 + {args}]
    mov rdi, [rsp]
    mov rsi, [rsp + 8]
    mov rdx, [rsp + 16]
    mov rcx, [rsp + 24]
    mov r8, [rsp + 32]
    mov r9, [rsp + 40]
    movsd xmm0, [rsp + 48]
    movsd xmm1, [rsp + 56]
    movsd xmm2, [rsp + 64]
    movsd xmm3, [rsp + 72]
    movsd xmm4, [rsp + 80]
    movsd xmm5, [rsp + 88]
    movsd xmm6, [rsp + 96]
    movsd xmm7, [rsp + 104]
    leave
    .cfi_def_cfa rsp, 8
    jmp rax
    .cfi_endproc
    .size nostos_rt_compile, .-nostos_rt_compile

    .p2align 4
    .globl nostos_rt_hook
    .type nostos_rt_hook, @function
nostos_rt_hook:                     // from an armed breakpoint site: preserves every register
    .cfi_startproc
    push rbp
    .cfi_def_cfa_offset 16
    .cfi_offset rbp, -16
    mov rbp, rsp
    .cfi_def_cfa_register rbp
    sub rsp, {hook_span}
    mov [rsp], rax
    mov [rsp + 8], rcx
    mov [rsp + 16], rdx
    mov [rsp + 24], rsi
    mov [rsp + 32], rdi
    mov [rsp + 40], r8
    mov [rsp + 48], r9
    mov [rsp + 56], r10
    mov [rsp + 64], r11
    movups [rsp + 80], xmm0
    movups [rsp + 96], xmm1
    movups [rsp + 112], xmm2
    movups [rsp + 128], xmm3
    movups [rsp + 144], xmm4
    movups [rsp + 160], xmm5
    movups [rsp + 176], xmm6
    movups [rsp + 192], xmm7
    movups [rsp + 208], xmm8
    movups [rsp + 224], xmm9
    movups [rsp + 240], xmm10
    movups [rsp + 256], xmm11
    movups [rsp + 272], xmm12
    movups [rsp + 288], xmm13
    movups [rsp + 304], xmm14
    movups [rsp + 320], xmm15
    mov edi, {debug}
    call nostos_rt_shim
    .globl nostos_rt_hook_ret
nostos_rt_hook_ret:
    mov rax, [rsp]
    mov rcx, [rsp + 8]
    mov rdx, [rsp + 16]
    mov rsi, [rsp + 24]
    mov rdi, [rsp + 32]
    mov r8, [rsp + 40]
    mov r9, [rsp + 48]
    mov r10, [rsp + 56]
    mov r11, [rsp + 64]
    movups xmm0, [rsp + 80]
    movups xmm1, [rsp + 96]
    movups xmm2, [rsp + 112]
    movups xmm3, [rsp + 128]
    movups xmm4, [rsp + 144]
    movups xmm5, [rsp + 160]
    movups xmm6, [rsp + 176]
    movups xmm7, [rsp + 192]
    movups xmm8, [rsp + 208]
    movups xmm9, [rsp + 224]
    movups xmm10, [rsp + 240]
    movups xmm11, [rsp + 256]
    movups xmm12, [rsp + 272]
    movups xmm13, [rsp + 288]
    movups xmm14, [rsp + 304]
    movups xmm15, [rsp + 320]
    leave
    .cfi_def_cfa rsp, 8
    ret
    .cfi_endproc
    .size nostos_rt_hook, .-nostos_rt_hook
"#,
    sp = const abi::SAVED_SP,
    worker = const abi::WORKER_SP,
    dispatch = const abi::DISPATCH,
    throw_pc = const abi::THROW_PC,
    throw_fp = const abi::THROW_FP,
    throw_sp = const abi::THROW_SP,
    throw_payload = const abi::THROW_PAYLOAD,
    args = const abi::ARGS,
    exit = const Op::Exit as u32,
    compile = const Op::Compile as u32,
    debug = const Op::DebugStop as u32,
    compile_span = const COMPILE_SPAN,
    hook_span = const HOOK_SPAN,
);

unsafe extern "C" {
    fn nostos_rt_shim();
    fn nostos_rt_resume(process: *const (), throw: usize) -> usize;
    fn nostos_rt_entry();
    fn nostos_rt_compile();
    fn nostos_rt_compile_ret();
    fn nostos_rt_hook();
    fn nostos_rt_hook_ret();
}

/// Addresses of the stubs, and the return addresses within them with the spans of their frames.
pub(crate) fn shim_address() -> usize {
    nostos_rt_shim as *const () as usize
}

/// Where a new process starts.
pub(crate) fn entry_address() -> usize {
    nostos_rt_entry as *const () as usize
}

/// The stub that compiles a cell at its first call.
pub(crate) fn compile_address() -> usize {
    nostos_rt_compile as *const () as usize
}

/// The stub that armed breakpoint sites call.
pub(crate) fn hook_address() -> usize {
    nostos_rt_hook as *const () as usize
}

/// Return addresses inside the stubs whose frames a walk can meet, with their spans. They hold no roots: a compile op moves nothing.
pub(crate) fn mapped_stubs() -> [(usize, u32); 2] {
    [
        (nostos_rt_compile_ret as *const () as usize, COMPILE_SPAN),
        (nostos_rt_hook_ret as *const () as usize, HOOK_SPAN),
    ]
}

/// Where the stub that compiles cells goes on, with the address of the code in the first argument word.
pub(crate) fn compile_return() -> usize {
    nostos_rt_compile_ret as *const () as usize
}

/// Is this the return address of the hook's shim call? Its caller is then the breakpoint site.
pub(crate) fn is_hook_return(address: usize) -> bool {
    address == nostos_rt_hook_ret as *const () as usize
}

/// Runs a process on this thread until it leaves.
///
/// # Safety
/// The caller owns the process, its stack is as the module says (or, when throwing, its throw words name a handler), and its code is published.
pub(crate) unsafe fn resume(process: &Process, throw: bool) -> Leave {
    // SAFETY: as the caller promises.
    let code = unsafe { nostos_rt_resume(std::ptr::from_ref(process).cast(), usize::from(throw)) };
    Leave::from_code(code)
}
