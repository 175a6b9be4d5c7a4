//! What this debugger can do, as clients are told.

use dap::types::Capabilities;
use serde_json::{Value, json};

/// What `initialize` answers, from the image and from the adapter alike; but only who launched a program can start it again.
pub fn capabilities(restarts: bool) -> Value {
    let known = Capabilities {
        supports_configuration_done_request: Some(true),
        supports_function_breakpoints: Some(true),
        supports_conditional_breakpoints: Some(true),
        supports_hit_conditional_breakpoints: Some(true),
        supports_log_points: Some(true),
        supports_evaluate_for_hovers: Some(true),
        supports_terminate_request: Some(true),
        support_terminate_debuggee: Some(true),
        support_suspend_debuggee: Some(true),
        supports_stepping_granularity: Some(true),
        supports_disassemble_request: Some(true),
        supports_instruction_breakpoints: Some(true),
        supports_data_breakpoints: Some(true),
        supports_restart_frame: Some(true),
        supports_goto_targets_request: Some(true),
        supports_step_in_targets_request: Some(true),
        supports_delayed_stack_trace_loading: Some(true),
        supports_single_thread_execution_requests: Some(true),
        supports_breakpoint_locations_request: Some(true),
        supports_exception_info_request: Some(true),
        supports_exception_filter_options: Some(true),
        supports_terminate_threads_request: Some(true),
        supports_loaded_sources_request: Some(true),
        supports_modules_request: Some(true),
        supports_read_memory_request: Some(true),
        supports_completions_request: Some(true),
        supports_clipboard_context: Some(true),
        supports_value_formatting_options: Some(true),
        supports_cancel_request: Some(true),
        supports_set_variable: Some(true),
        supports_restart_request: Some(restarts),
        supports_set_expression: Some(true),
        completion_trigger_characters: Some(vec![".".into()]),
        ..Capabilities::default()
    };
    let mut out = serde_json::to_value(known).unwrap_or_else(|_| json!({}));
    let filters = [
        (
            "uncaught",
            "Uncaught exceptions",
            "Stop a process where it throws what nobody catches.",
        ),
        (
            "all",
            "All exceptions",
            "Stop a process wherever it throws.",
        ),
        (
            "linked exit",
            "Linked exits",
            "Stop a process that is about to end because one it is linked to has ended.",
        ),
    ];
    let filters = filters.map(|(filter, label, description)| {
        json!({
            "filter": filter,
            "label": label,
            "description": description,
            "default": filter == "uncaught",
            "supportsCondition": true,
            "conditionDescription": "an expression; `exception` is what was thrown",
        })
    });
    out["exceptionBreakpointFilters"] = json!(filters);
    out
}
