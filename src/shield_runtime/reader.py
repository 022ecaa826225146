"""The methods of a client that read secrets."""

from __future__ import annotations

import os

from .request import CURRENT, MISSING, Request, name_and_field
from .value import as_bytes, as_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar, Union, overload

    from .settings import Settings
    from .sources import Sources

    T = TypeVar("T")
    # Names, or pairs of name and field, by variable. A dict is invariant in its values, and
    # Sequence is what mypy infers for a variable with both.
    Names = Union[
        dict[str, str],
        dict[str, tuple[str, str]],
        dict[str, Union[str, tuple[str, str]]],
        dict[str, Sequence[str]],
    ]
else:

    def overload(function):
        """Replace typing.overload at run time: the typing module is slow to import."""
        return function


class SecretReader:
    """Base class of SecretsManagerClient."""

    _sources: Sources
    _read_settings: Settings | None
    if TYPE_CHECKING:
        # At run time, get_secret is an attribute: see get_secret_of().
        @overload
        def get_secret(
            self,
            name: str,
            *,
            key: str | None = ...,
            env: str | None = ...,
            stage: str = ...,
            optional: bool = ...,
        ) -> str: ...
        @overload
        def get_secret(
            self,
            name: str,
            default: Callable[[], T],
            *,
            key: str | None = ...,
            env: str | None = ...,
            stage: str = ...,
            optional: bool = ...,
        ) -> T: ...
        @overload
        def get_secret(
            self,
            name: str,
            default: T,
            *,
            key: str | None = ...,
            env: str | None = ...,
            stage: str = ...,
            optional: bool = ...,
        ) -> str | T: ...
        @overload
        def get_secret(
            self,
            name: Names,
            default: Callable[[], T],
            *,
            env: str,
            stage: str = ...,
            optional: bool = ...,
        ) -> T: ...
        @overload
        def get_secret(self, *, env: str, stage: str = ..., optional: bool = ...) -> str: ...
        @overload
        def get_secret(
            self, *, default: Callable[[], T], env: str, stage: str = ..., optional: bool = ...
        ) -> T: ...
        @overload
        def get_secret(
            self, *, default: T, env: str, stage: str = ..., optional: bool = ...
        ) -> str | T: ...
        def get_secret(self, name: Any = None, default: Any = MISSING, **options: Any) -> Any:
            """Return the text of a secret."""

        def _settings(self) -> Settings: ...

    @overload
    async def aget_secret(
        self,
        name: str,
        *,
        key: str | None = ...,
        env: str | None = ...,
        stage: str = ...,
        optional: bool = ...,
    ) -> str: ...
    @overload
    async def aget_secret(
        self,
        name: str,
        default: Callable[[], T],
        *,
        key: str | None = ...,
        env: str | None = ...,
        stage: str = ...,
        optional: bool = ...,
    ) -> T: ...
    @overload
    async def aget_secret(
        self,
        name: str,
        default: T,
        *,
        key: str | None = ...,
        env: str | None = ...,
        stage: str = ...,
        optional: bool = ...,
    ) -> str | T: ...
    async def aget_secret(
        self,
        name: str,
        default: Any = MISSING,
        *,
        key: str | None = None,
        env: str | None = None,
        stage: str = CURRENT,
        optional: bool = False,
    ) -> Any:
        """Return the same as get_secret(), without blocking the event loop.

        Raises the same errors. If `default` is a callable, it is called in the event loop, and
        must not block it.
        """
        if self._read_settings is None:
            import asyncio

            await asyncio.get_running_loop().run_in_executor(None, self._settings)
        request = Request(name, default, key=key, env=env, stage=stage)
        default = None  # a literal must not appear in a traceback
        request.optional = optional
        return await self._sources.serve_async(request)

    @overload
    def get_secret_dict(
        self, name: str, *, env: str | None = ..., stage: str = ...
    ) -> dict[str, Any]: ...
    @overload
    def get_secret_dict(
        self, name: str, default: Callable[[], T], *, env: str | None = ..., stage: str = ...
    ) -> dict[str, Any] | T: ...
    @overload
    def get_secret_dict(
        self, name: str, default: T, *, env: str | None = ..., stage: str = ...
    ) -> dict[str, Any] | T: ...
    def get_secret_dict(
        self, name: str, default: Any = MISSING, *, env: str | None = None, stage: str = CURRENT
    ) -> Any:
        """Return a secret that is a JSON object, as a new dictionary.

        Raises the errors of get_secret().
        """
        request = Request(name, default, env=env, stage=stage, convert=as_dict)
        default = None  # a literal must not appear in a traceback
        return self._sources.serve(request)

    @overload
    def get_secret_bytes(self, name: str, *, env: str | None = ..., stage: str = ...) -> bytes: ...
    @overload
    def get_secret_bytes(
        self, name: str, default: Callable[[], T], *, env: str | None = ..., stage: str = ...
    ) -> bytes | T: ...
    @overload
    def get_secret_bytes(
        self, name: str, default: T, *, env: str | None = ..., stage: str = ...
    ) -> bytes | T: ...
    def get_secret_bytes(
        self, name: str, default: Any = MISSING, *, env: str | None = None, stage: str = CURRENT
    ) -> Any:
        """Return a binary secret; text is encoded as UTF-8.

        Raises the errors of get_secret().
        """
        request = Request(name, default, env=env, stage=stage, convert=as_bytes)
        default = None  # a literal must not appear in a traceback
        return self._sources.serve(request)

    @overload
    def has_secret(self, name: str, *, key: str | None = ..., env: str | None = ...) -> bool: ...
    @overload
    def has_secret(self, name: Names, *, env: str) -> bool: ...
    @overload
    def has_secret(self, *, env: str) -> bool: ...
    def has_secret(
        self, name: Any = None, *, key: str | None = None, env: str | None = None
    ) -> bool:
        """Return whether a secret exists; with AWS off, whether its variable is set.

        Raises:
            SecretError: AWS denies access or is unavailable, and the secret is not optional; or a
                field was requested, and the secret is not a JSON object.
        """
        if name is None or isinstance(name, dict):
            reference = self.reference(env, name)
            if reference is None:
                return env in os.environ
            env = None if name is None else env  # the client's mapping has it
            name, key = reference
        return self._sources.has(Request(name, key=key, env=env))

    def reference(self, variable: str | None, names: Any = None) -> tuple[str, str | None] | None:
        """Return the secret of a variable and the field; None if the variable is not a secret.

        Args:
            variable: The environment variable.
            names: By default, the client's mapping.

        Raises:
            TypeError: There is no variable.
        """
        if variable is None:
            raise TypeError("the name of the secret or its variable, as env=, is missing")
        if names is None:
            return self._sources.reference(variable)
        return name_and_field(names[variable]) if variable in names else None
