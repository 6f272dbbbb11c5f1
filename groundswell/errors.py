"""The tree of errors, drawn once.

    GroundswellError
    ├── InputError              the user can mend it; the command line exits with 2
    │   ├── RecipeError         a recipe that is wrong, all mistakes at once
    │   ├── DataError           a file, a row or a label that is wrong
    │   ├── BaseModelError      a base model that is missing, unsafe or does not fit
    │   ├── RunFolderError      a run folder with a missing, altered or foreign file
    │   ├── KeyFileError        a file of API keys that is damaged, foreign or held by another process
    │   ├── MissingExtraError   an optional dependency is not installed
    │   └── LaunchError         processes that were launched in a way the recipe cannot be trained
    ├── CheckError              a check or gate failed; the command line exits with 1
    │   ├── LeakageError        the splits share texts and the recipe refuses that
    │   ├── SelfCheckError      a numeric self-check did not hold
    │   ├── BehaviourError      a model fails too many behaviour tests of a capability
    │   ├── WorseModelError     a model made smaller answers worse than was allowed
    │   ├── ClusterError        the machines of a cluster, or their processes, failed
    │   └── TrainingError       training cannot go on, such as a loss that is not a number
    ├── RequestError            a running service does not answer a request, with this status and code
    └── ServiceError            a service did not answer what it was asked; the client raises it
        ├── UnreachableError    no connection, or no answer in time
        ├── AccessError         no key, a wrong one, or one without the scope (401, 403)
        ├── RefusedError        what was sent is refused and would be again (400, 404, 413, 422 …)
        └── OverloadError       too many requests, or not ready, also after every retry (429, 503)

Every message says what was found, what was expected, how to mend it and where.
"""


class GroundswellError(Exception):
    """Anything groundswell raises on purpose."""


class InputError(GroundswellError):
    """The input is wrong and the user can mend it."""


class RecipeError(InputError):
    """A recipe with one or more mistakes; `problems` holds one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class DataError(InputError):
    """A file, a row or a label is wrong."""


class BaseModelError(InputError):
    """A base model is missing, unsafe to load or does not fit."""


class RunFolderError(InputError):
    """A run folder has a missing, altered or foreign file."""


class KeyFileError(InputError):
    """A file of API keys is damaged, foreign or held by another process."""


class MissingExtraError(InputError):
    """An optional dependency is not installed."""


class LaunchError(InputError):
    """The processes were launched in a way in which the recipe cannot be trained."""


class RequestError(GroundswellError):
    """A running service does not answer a request.

    status        of HTTP
    code          for machines, such as `overloaded`
    retry_after   seconds after which asking again may help; None where it does not
    """

    def __init__(self, status: int, code: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.retry_after = status, code, retry_after


class CheckError(GroundswellError):
    """A check or a gate failed."""


class LeakageError(CheckError):
    """Splits share texts and the recipe refuses that."""


class SelfCheckError(CheckError):
    """A numeric self-check did not hold."""


class BehaviourError(CheckError):
    """A model fails too many behaviour tests of a capability."""


class WorseModelError(CheckError):
    """A model that was made smaller answers worse than was allowed; `report` says how the two compare."""

    def __init__(self, message: str, report: dict[str, object]) -> None:
        super().__init__(message)
        self.report = report


class ClusterError(CheckError):
    """The machines of a cluster, or their processes, failed; what is done can be gone on with."""


class TrainingError(CheckError):
    """Training cannot go on."""


class ServiceError(GroundswellError):
    """A service did not answer what it was asked.

    status       of the HTTP answer; None when there was none
    code         of the error, as the service names it
    request_id   to look for in the service's log
    """

    def __init__(self, message: str, *, status: int | None = None, code: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.request_id = request_id


class UnreachableError(ServiceError):
    """There is no connection, or no answer came in time."""


class AccessError(ServiceError):
    """The service wants a key, another key, or one with a wider scope."""


class RefusedError(ServiceError):
    """The service refuses what was sent, and would refuse it again."""


class OverloadError(ServiceError):
    """The service has too much to do or is not ready, also after every retry."""
