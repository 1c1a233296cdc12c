"""What the commands below ``pricing`` share."""

import click

from s3nav.cli.lazy_commands import SettingFlag, setting_option
from s3nav.cli.program import CommandLine
from s3nav.model.errors import NotFoundError
from s3nav.model.text.plain_messages import command
from s3nav.pricing import Catalogue

FETCH_FLAGS = (
    SettingFlag(setting="pricing_output_dir", names=("--output-dir",), value="DIR"),
    SettingFlag(setting="pricing_cache_dir", names=("--cache-dir",), value="DIR"),
    SettingFlag(setting="pricing_max_concurrent_downloads", names=("--max-concurrent",), value="N"),
    SettingFlag(setting="pricing_base_url", names=("--base-url",), value="URL"),
)


def fetch_options(command: click.Command) -> click.Command:
    """Add the options of aws-pricing-downloader, by its names."""
    command.params += [setting_option(flag) for flag in FETCH_FLAGS]
    return command


def catalogue_of(line: CommandLine) -> Catalogue:
    """The catalogue. Raises NotFoundError when nothing is in it yet."""
    prices = line.session.prices()
    if prices.is_empty:
        raise NotFoundError(
            "no prices are here yet",
            remedy=f"`{command('pricing', 'download', '--service', 'AmazonS3')}` fetches some",
            slug="no-prices",
        )
    return prices.catalogue
