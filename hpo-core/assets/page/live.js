// The start of a page that a server shows.

if (root.dataset.page === "study") startStudy();
if (root.dataset.page === "studies") startStudies();
if (root.dataset.page === "compare") {
  startCompare().catch((error) => showConnection(false, error.message));
}
