"""The main job, one file a step: read, schema, split, fit, sample, evaluate, report, write."""

from synthloom.workflow.auditing import audit
from synthloom.workflow.evaluating import evaluate_files, evaluate_frames
from synthloom.workflow.fitting import fit
from synthloom.workflow.replacing import replace_files, replace_frames
from synthloom.workflow.run import RunOptions, RunResult, run
from synthloom.workflow.study import StudyResult, StudyTable, study

__all__ = [
    "RunOptions",
    "RunResult",
    "StudyResult",
    "StudyTable",
    "audit",
    "evaluate_files",
    "evaluate_frames",
    "fit",
    "replace_files",
    "replace_frames",
    "run",
    "study",
]
