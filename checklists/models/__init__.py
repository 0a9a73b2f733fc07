from checklists.models.evaluation import Answer, Attestation, Citation, Evaluation, LoadedEdition

__all__ = ["Answer", "Attestation", "Citation", "Evaluation", "LoadedEdition"]
