"""What turns a customer's export into a dataset folder."""

from mspa_model.data.importers.csv_import import ImportReport, import_csv

__all__ = ["ImportReport", "import_csv"]
