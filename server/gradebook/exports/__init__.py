"""A course's grades as files for other programs.

csv         one row per student, one column per assignment
xlsx        the same as a workbook, with raw points, penalties, what counts and how totals come about on a sheet each
canvas      the CSV that Canvas imports into its gradebook
moodle      the CSV that Moodle's grade import takes
gradescope  a zip with Gradescope's `results.json` of the submission that counts, per assignment and student

A text that a spreadsheet would run as a formula is made harmless: see `safe_values`.
"""

from server.gradebook.exports.formats import XLSX, Export, Format, export

__all__ = ["XLSX", "Export", "Format", "export"]
