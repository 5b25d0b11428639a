"""Opens a storage by the URL that our library gives it."""

import optuna
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock, JournalFileSymlinkLock


def open_storage(url):
    if url.startswith("journal:"):
        path, _, settings = url.removeprefix("journal:").partition("?")
        lock = JournalFileOpenLock if "lock=open" in settings else JournalFileSymlinkLock
        return JournalStorage(JournalFileBackend(path, lock_obj=lock(path)))
    return RDBStorage(url.replace("postgresql://", "postgresql+psycopg2://"))
