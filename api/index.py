"""What stands at the interface's own address: where everything is, for whoever knows no more than that."""

from fastapi import APIRouter
from pydantic import Field

from api.problems import PREFIX
from models.base import Frozen

router = APIRouter(tags=["index"])


class Index(Frozen):
    """Paths, the same on every host."""

    openapi: str = Field(description="Every path, field and answer (OpenAPI 3.1)")
    token: str = Field(description="Where a token is got, by `POST`")
    tasks: str = Field(description="Your units' tasks")
    counts: str = Field(description="How many they are")
    undecided: str = Field(description="Messages that no unit has yet")
    figures: str = Field(description="What was released of the follow-up report about your municipalities")
    problems: str = Field(description="Every problem that there is")


@router.get("/", summary="Where everything is")
async def read_index() -> Index:
    """It needs no token. `/api/v1` answers as `/api/v1/` does."""
    return Index(
        openapi=f"{PREFIX}/openapi.json",
        token=f"{PREFIX}/oauth2/token",
        tasks=f"{PREFIX}/tasks",
        counts=f"{PREFIX}/counts",
        undecided=f"{PREFIX}/undecided",
        figures=f"{PREFIX}/figures",
        problems=f"{PREFIX}/problems",
    )
