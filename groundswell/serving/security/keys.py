"""API keys: made, listed, revoked and checked; only salted hashes are kept.

    gsw_7b1d0c4f92ae_8Qm0…    what every key begins with, its public id, and 256 random bits

All keys stand in one JSON file, written whole or not at all and readable by its owner only. A running server looks at
the file's time before each check, so a revoked key is refused from then on. Why one round of SHA-256 is enough:
docs/decisions/0020-keys-as-hashes-of-random-bits.md
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from groundswell.errors import InputError, KeyFileError
from groundswell.run_folder import whole_file

Scope = Literal["analyze", "explain", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "gsw"
_ID_BYTES, _SECRET_BYTES, _SALT_BYTES = 6, 32, 16
_LONGEST_KEY = 200  # characters; nothing longer is hashed
_LOCK_SECONDS = 10.0
_MOST_NAME = 100


def default_key_file() -> Path:
    """Where keys are kept unless a file is named: $GROUNDSWELL_KEYS, else ~/.config/groundswell/keys.json."""
    given = os.environ.get("GROUNDSWELL_KEYS")
    return Path(given) if given else Path.home() / ".config" / "groundswell" / "keys.json"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What may be shown of a key.

    id                    public, stands in the audit log
    name                  whose it is
    requests_per_minute   None: as many as the service can take
    created, revoked      ISO 8601, UTC; `revoked` is None as long as the key is good
    """

    id: str
    name: str
    scopes: tuple[Scope, ...]
    requests_per_minute: int | None
    created: str
    revoked: str | None = None


class KeyStore:
    """The keys of one file; safe to share between threads and processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: _Read | None = None

    def create(self, name: str, scopes: Collection[Scope], requests_per_minute: int | None = None) -> str:
        """A new key, to be shown once: it cannot be had again.

        Raises InputError for a name that is blank, long or holds control characters, for scopes that are unknown or
        none, and for less than one request a minute; KeyFileError for a file that is not ours.
        """
        _check(name, scopes, requests_per_minute)
        secret, salt = secrets.token_urlsafe(_SECRET_BYTES), secrets.token_bytes(_SALT_BYTES)
        with self._changed() as keys:
            key_id = next(drawn for drawn in iter(lambda: secrets.token_hex(_ID_BYTES), "") if drawn not in keys)
            keys[key_id] = _Entry(
                id=key_id,
                name=name,
                scopes=tuple(scope for scope in SCOPES if scope in scopes),
                requests_per_minute=requests_per_minute,
                created=_now(),
                salt=salt.hex(),
                sha256=_hash(salt, secret).hex(),
            )
        return f"{PREFIX}_{key_id}_{secret}"

    def list(self) -> list[KeyRecord]:
        """Every key that was ever made, the oldest first; none where there is no file yet."""
        return [entry.record() for entry in self._keys().values()]

    def revoke(self, key_id: str) -> None:
        """Refuse a key from now on; what it hashed to is forgotten. InputError for an id that is not there."""
        with self._changed() as keys:
            if key_id not in keys:
                known = ", ".join(other.id for other in keys.values() if not other.revoked) or "none"
                raise InputError(f"{self.path}: no key {_shown(key_id)}. Keys that are not revoked: {known}")
            if keys[key_id].revoked is None:
                keys[key_id] = keys[key_id].model_copy(update={"revoked": _now(), "salt": "", "sha256": ""})

    def verify(self, key: str) -> KeyRecord | None:
        """Whose key this is; None for one that is wrong, unknown or revoked.

        Raises KeyFileError when the file has been damaged: then no key is good.
        """
        prefix, _, rest = key[:_LONGEST_KEY].partition("_")
        key_id, _, secret = rest.partition("_")
        entry = self._keys().get(key_id)
        if prefix != PREFIX or entry is None or entry.revoked is not None:
            return None
        found = _hash(bytes.fromhex(entry.salt), secret)
        return entry.record() if hmac.compare_digest(found, bytes.fromhex(entry.sha256)) else None

    def _keys(self) -> dict[str, _Entry]:
        """The keys of the file, read again when it is another than before."""
        try:
            state = os.stat(self.path)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise _unreadable(self.path, error) from error
        known = self._read
        # a file that is replaced is another one, whatever the resolution of its time
        if known is None or known.state != (state.st_ino, state.st_mtime_ns, state.st_size):
            known = self._read = _read_keys(self.path)
        return known.keys

    @contextmanager
    def _changed(self) -> Iterator[dict[str, _Entry]]:
        """The keys to change, written when the block ends well; processes that want to do so wait for one another."""
        from filelock import FileLock, Timeout

        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{self.path}.lock", timeout=_LOCK_SECONDS, mode=0o600)
        try:
            lock.acquire()
        except Timeout as error:
            raise KeyFileError(
                f"{self.path}: another process has held {lock.lock_file} for {_LOCK_SECONDS:.0f} s, expected it to be "
                "free. End that process, then try again"
            ) from error
        try:
            keys = dict(_read_keys(self.path).keys) if self.path.exists() else {}
            yield keys
            text = _File(format="groundswell api keys 1", keys=list(keys.values())).model_dump_json(indent=2)
            with whole_file(self.path, private=True) as aside:
                aside.write_text(text + "\n", encoding="utf-8")
        finally:
            lock.release()


class _Entry(BaseModel):
    """A key as it stands in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str = Field(pattern="^[0-9a-f]{12}$")
    name: str
    scopes: tuple[Scope, ...] = Field(strict=False)
    requests_per_minute: int | None = Field(ge=1)
    created: str
    revoked: str | None = None
    salt: str = Field(pattern="^([0-9a-f]{32})?$")
    sha256: str = Field(pattern="^([0-9a-f]{64})?$")

    def record(self) -> KeyRecord:
        """What may be shown."""
        return KeyRecord(self.id, self.name, self.scopes, self.requests_per_minute, self.created, self.revoked)


class _File(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    format: Literal["groundswell api keys 1"]
    keys: list[_Entry]


class _Read(NamedTuple):
    """What was read, and inode, time and size of the file it was read from."""

    state: tuple[int, int, int]
    keys: dict[str, _Entry]


def _read_keys(path: Path) -> _Read:
    """The keys of a file; KeyFileError when it is none of ours or cannot be read."""
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            content = file.read()
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        found = _File.model_validate(json.loads(content))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise _damaged(path, f"{place}: {first['msg']}") from error
    except ValueError as error:  # no JSON, or no UTF-8
        raise _damaged(path, f"no JSON ({error})") from error
    return _Read((state.st_ino, state.st_mtime_ns, state.st_size), {entry.id: entry for entry in found.keys})


def _unreadable(path: Path, error: OSError) -> KeyFileError:
    return KeyFileError(
        f"{path}: cannot be read ({error.strerror}), expected a file that whoever runs this may read. Mend its owner "
        "and permissions, or name another file"
    )


def _damaged(path: Path, found: str) -> KeyFileError:
    return KeyFileError(
        f"{path}: found {found}, expected a file written by `groundswell serve keys create`. Name another file, or "
        "bring it back from a backup"
    )


def _hash(salt: bytes, secret: str) -> bytes:
    return hashlib.sha256(salt + secret.encode("utf-8", errors="surrogatepass")).digest()


def _check(name: str, scopes: Collection[str], requests_per_minute: int | None) -> None:
    if not name.strip() or len(name) > _MOST_NAME or not name.isprintable():
        raise InputError(
            f"found {_shown(name)} as the name of a key, expected 1 to {_MOST_NAME} visible characters. Say who uses it"
        )
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        found = ", ".join(map(_shown, unknown)) or "none"
        raise InputError(f"found {found} as scopes of a key, expected one or more of {', '.join(SCOPES)}")
    if requests_per_minute is not None and requests_per_minute < 1:
        raise InputError(
            f"found {requests_per_minute} requests per minute, expected 1 or more; leave it out for no limit"
        )


def _shown(value: str) -> str:
    """A value that may be anything, cut and without control characters."""
    return ascii(value[:_MOST_NAME]) if not value.isprintable() else repr(value[:_MOST_NAME])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
