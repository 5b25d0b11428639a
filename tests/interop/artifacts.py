"""Lists the artifacts of trial 0 as Optuna sees them, with their contents, and adds a trial with one of its own. Prints
JSON. Arguments: the URL, the folder of artifacts, and a file to upload."""

import json
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")

import optuna
from optuna.artifacts import FileSystemArtifactStore, download_artifact, get_all_artifact_meta, upload_artifact
from place import open_storage

optuna.logging.set_verbosity(optuna.logging.ERROR)

url, folder, upload = sys.argv[1:]
storage = open_storage(url)
store = FileSystemArtifactStore(folder)
study = optuna.load_study(study_name="pictures", storage=storage)
seen = []
for meta in get_all_artifact_meta(study.trials[0], storage=storage):
    with tempfile.NamedTemporaryFile() as there:
        download_artifact(artifact_store=store, artifact_id=meta.artifact_id, file_path=there.name + ".copy")
        with open(there.name + ".copy", "rb") as contents:
            text = contents.read().decode()
    seen.append({"name": meta.filename, "type": meta.mimetype, "text": text})
trial = study.ask()
upload_artifact(artifact_store=store, file_path=upload, study_or_trial=trial)
study.tell(trial, 1.0)
print(json.dumps(seen))
