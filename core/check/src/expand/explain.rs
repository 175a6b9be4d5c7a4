//! Findings in expanded code, told to a person: what the call became stands beside what is wrong with it.

use super::calls::expanded;
use super::run::shown;
use super::table::may_expand;
use super::{clean, render};
use crate::db::{Db, Project, file_items, source_of};
use crate::hir::told;
use crate::ty::FnId;
use crate::types::Finding;

/// Adds what went wrong in expanding a function, and to the findings inside of expansions what was expanded.
pub fn explain(
    db: &dyn Db,
    project: Project,
    id: FnId,
    findings: &mut Vec<Finding>,
    warnings: &mut [Finding],
) {
    let Some(file) = source_of(db, project, db.ids().fn_key(id).file) else {
        return;
    };
    if !may_expand(db, project, file) {
        return;
    }
    let Some(expanded) = expanded(db, project, id) else {
        return;
    };
    let source = file_items(db, file).sources.get(&id).cloned();
    for finding in findings.iter_mut().chain(warnings.iter_mut()) {
        finding.span = told(&expanded.expansions, finding.span);
        finding.message = clean(&finding.message);
        finding.hint = finding.hint.take().map(|hint| clean(&hint));
        let site = expanded
            .sites
            .iter()
            .filter(|site| {
                site.span.start <= finding.span.start && finding.span.end <= site.span.end
            })
            .min_by_key(|site| site.span.end - site.span.start);
        let text = match (site, &source) {
            (Some(site), _) => {
                let text = render::readable(&site.text, &expanded.kept);
                format!("`{}` expands to `{}`", site.name, shown(&text))
            }
            (None, Some(source)) if finding.span == source.whole => {
                let text = render::readable(&source.text, &expanded.kept);
                format!("`{}` makes of it `{}`", source.by, shown(&text))
            }
            _ => continue,
        };
        finding.hint = Some(match finding.hint.take() {
            Some(hint) => format!("{hint}; {text}"),
            None => text,
        });
    }
    // What an expansion says wrong several times is wrong once.
    let mut seen = Vec::new();
    findings.retain(|finding| {
        let is_new = !seen.contains(finding);
        if is_new {
            seen.push(finding.clone());
        }
        is_new
    });
    findings.extend(expanded.errors.iter().cloned());
}
