"""SDV's single-table synthesizers with metadata as they detect it and every option at its default."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import torch
from exchange import Clock, Job, serve
from sdv.metadata import Metadata
from sdv.single_table import CTGANSynthesizer, GaussianCopulaSynthesizer, TVAESynthesizer

TABLE = "table"
SYNTHESIZERS = {"gaussian_copula": GaussianCopulaSynthesizer, "ctgan": CTGANSynthesizer, "tvae": TVAESynthesizer}


def work(job: Job, train: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Detects, fits, samples; the seed is set where NumPy and PyTorch draw, since a fit takes none."""
    random.seed(job.seed)
    np.random.seed(job.seed)
    torch.manual_seed(job.seed)
    with clock("fit"):
        metadata = Metadata.detect_from_dataframes({TABLE: train})
        model = SYNTHESIZERS[job.options["synthesizer"]](metadata)
        model.fit({TABLE: train})
    with clock("sample"):
        return model.sample(num_rows=job.rows)[TABLE]


serve(work)
