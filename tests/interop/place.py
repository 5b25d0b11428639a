"""Opens a storage by the URL that our library gives it."""

import optuna
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend


def open_storage(url):
    if url.startswith("journal:"):
        return JournalStorage(JournalFileBackend(url.removeprefix("journal:")))
    return RDBStorage(url.replace("postgresql://", "postgresql+psycopg2://"))
