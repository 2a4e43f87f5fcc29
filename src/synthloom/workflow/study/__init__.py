"""The study: do models trained on synthetic rows score as models trained on real rows, over many tables?"""

from synthloom.workflow.study.result import StudyResult
from synthloom.workflow.study.run import StudyTable, study

__all__ = ["StudyResult", "StudyTable", "study"]
